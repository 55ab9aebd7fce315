import { check, group, sleep } from 'k6';
import http from 'k6/http';

const B = __ENV.BASE;
function counter() { let n = 0; return { next: () => http.get(B + 'n' + ++n).body, count: () => n }; }
function memo(fn) { const seen = {}; return (k) => (seen[k] ??= fn(k)); }
export default function () {
  const c = counter(), d = counter();
  console.log(c.next(), c.next(), d.next(), c.count(), d.count());
  const get = memo((k) => http.get(B + k).body); console.log(get('a'), get('a'), get('b'));
  const fs = []; for (let i = 0; i < 3; i++) fs.push(() => http.get(B + 'loop' + i).body); console.log(fs.map((f) => f()).join());
  var self = function me(n) { return n === 0 ? 'done' : (http.get(B + 'me' + n), me(n - 1)); }; const copy = self; self = null; console.log(copy(2), copy.name);
  let late; const early = () => late(); late = () => http.get(B + 'late').body; console.log(early());
  console.log(hoisted('h')); function hoisted(p) { return http.get(B + p).body; }
  { function inner() { return http.get(B + 'block').body; } console.log(inner()); }
  console.log((function () { return arguments.length + http.get(B + arguments[0]).body; })('args', 2));
  function outer() { const inner = () => arguments[0] + http.get(B + arguments[1]).body; return inner(); } console.log(outer('x', 'y'));
  const obj = { v: 1, m() { return [1].map(() => this.v + http.get(B + 'this').status)[0]; } }; console.log(obj.m());
}
