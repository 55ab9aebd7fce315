import x from 'lodash-of-nobody';

export default function () {
  x();
}
