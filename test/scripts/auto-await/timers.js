import { check, group, sleep } from 'k6';
import http from 'k6/http';

const B = __ENV.BASE;
export default function () {
  setTimeout(() => { console.log('t1', http.get(B + 't1').status); sleep(0.05); console.log('t1 end'); }, 10);
  setTimeout((a, b) => { console.log('t2', a, b, http.get(B + 't2').body); }, 30, 'x', 'y');
  let n = 0; const id = setInterval(() => { console.log('i', ++n, http.get(B + 'i').status); if (n === 2) clearInterval(id); }, 100);
  console.log('main', http.get(B + 'main').status); sleep(0.02); console.log('main end');
}
