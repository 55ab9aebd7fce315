import { sleep } from 'k6';

export default function () {
  const took = (value) => {
    const start = Date.now();
    sleep(value);
    return Date.now() - start;
  };
  console.log(took(0.1) >= 99, took('0.1') >= 99, took(-1) >= 0, took(NaN) >= 0);
  let fired = false;
  setTimeout(() => {
    fired = true;
  }, 1);
  sleep(0.05);
  console.log(fired);
}
