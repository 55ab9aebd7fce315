import x from './nope.js';

export default function () {
  x();
}
