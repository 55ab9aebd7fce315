import { check, group, sleep } from 'k6';
import http from 'k6/http';

const B = __ENV.BASE;
class Cursor { constructor(n) { this.n = n; } [Symbol.iterator]() { let i = 0; const n = this.n; return { next: () => (i < n ? { value: http.get(B + 'c' + i++).body, done: false } : { value: undefined, done: true }), return() { console.log('ret', http.get(B + 'ret').status); return {}; } }; } }
export default function () {
  for (const x of new Cursor(2)) console.log(x);
  for (const x of new Cursor(3)) { console.log(x); break; }
  const [first] = new Cursor(4); console.log(first);
  console.log([...new Cursor(2)].length);
  let t; for (t of new Cursor(1)) console.log(t);
  const o = {}; for (o.p of new Cursor(1)) console.log(o.p);
  for (const [i, c] of [...new Cursor(2)].entries()) console.log(i, c);
}
