import { Counter, Trend } from 'k6/metrics';

const tell = (f) => {
  try {
    f();
  } catch (e) {
    console.log(e.message);
  }
};
if (__VU === 0) {
  tell(() => new Counter('x'));
  tell(() => new Counter('1st'));
  tell(() => new Counter('with-dash'));
  tell(() => new Counter(''));
}
new Counter('same');
new Counter('same');
if (__VU === 0) {
  tell(() => new Trend('same'));
  tell(() => new Counter('same', true));
}
export default function () {
  tell(() => new Counter('late'));
}
