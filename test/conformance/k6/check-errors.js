import { check } from 'k6';

const tell = (f) => {
  try {
    f();
  } catch (e) {
    console.log(e.message);
  }
};
export default function () {
  tell(() => check(1));
  tell(() => check(1, { 'a::b': true }));
  tell(() => check(1, { later: async () => true }));
}
