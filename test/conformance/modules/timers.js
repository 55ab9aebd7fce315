import { clearTimeout as clear, setInterval as every, setTimeout as later } from 'k6/timers';

export default function () {
  const order = [];
  later((a, b) => order.push(`second ${a}${b}`), 30, 1, 2);
  later(() => order.push('first'), 10);
  const never = later(() => order.push('never'), 20);
  clear(never);
  let n = 0;
  const id = every(() => {
    order.push(`tick ${++n}`);
    if (n < 2) return;
    clearInterval(id);
    console.log(order.join());
  }, 40);
  try {
    later('no function', 1);
  } catch (e) {
    console.log('refused');
  }
}
