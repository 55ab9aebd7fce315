import { fail } from 'k6';

export const options = { iterations: 2 };
export default function () {
  if (__ITER === 0) fail('my fail');
  try {
    fail('again');
  } catch (e) {
    console.log(e.message, e.name, String(e));
  }
}
