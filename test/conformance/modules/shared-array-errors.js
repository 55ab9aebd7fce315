import { SharedArray } from 'k6/data';

const tell = (f) => {
  try {
    f();
  } catch (e) {
    console.log(e.message);
  }
};
if (__VU === 0) {
  tell(() => new SharedArray('', () => []));
  tell(() => new SharedArray('a'));
  tell(() => new SharedArray('b', () => ({})));
}
export default function () {
  tell(() => new SharedArray('c', () => []));
}
