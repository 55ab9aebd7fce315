import x from 'k6/foo';

export default function () {
  x();
}
