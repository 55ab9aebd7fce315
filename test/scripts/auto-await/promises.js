import { check, group, sleep } from 'k6';
import http from 'k6/http';

const B = __ENV.BASE;
export default function () {
  console.log('start');
  const p = Promise.resolve(1).then((x) => { console.log('job', http.get(B + 'then').body); return x + 1; });
  p.then((x) => console.log('next', x));
  Promise.reject(new Error('no')).catch((e) => { http.get(B + 'catch'); return e.message; }).then((m) => console.log(m)).finally(() => { http.get(B + 'finally'); console.log('fin'); });
  new Promise((resolve) => { http.get(B + 'executor'); resolve('exec'); }).then((v) => console.log(v));
  console.log('end', http.get(B + 'sync').status);
}
