import { check } from 'k6';

export default function () {
  try {
    check(1, {
      first: () => true,
      second: () => {
        throw new Error('inside');
      },
      third: () => true,
    });
  } catch (e) {
    console.log(e.message);
  }
}
