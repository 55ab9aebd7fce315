import { group } from 'k6';

const tell = (f) => {
  try {
    f();
  } catch (e) {
    console.log(e.message);
  }
};
export default function () {
  tell(() => group('a::b', () => 1));
  tell(() => group('a'));
  tell(() => group('a', async () => 1));
}
