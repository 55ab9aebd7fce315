import x from 'http://127.0.0.1:1/x.js';

export default function () {
  x();
}
