import { check, group, sleep } from 'k6';
import http from 'k6/http';

const B = __ENV.BASE;
let impl = (p) => 'stub ' + p;
export default function () {
  console.log(impl('a')); impl = (p) => http.get(B + p).body; console.log(impl('b'));
  const original = http.get; const wrapped = (...a) => { console.log('wrapped'); return original(...a); };
  const client = { ...http, get: wrapped }; console.log(client.get(B + 'c').body, client.post(B + 'd', 'x').body);
  const { get, post: send } = http; console.log(get(B + 'e').status, send(B + 'f', { a: 1, b: 'z' }).body);
  const h = http; const { h2 = h } = {}; console.log(h2.put(B + 'g', 'p').body, h.del(B + 'h').body, h.request('PATCH', B + 'i', 'q').body, h.options(B + 'j').status, h.head(B + 'k').status);
  class Wrap { constructor(c) { this.c = c; } get(p) { return this.c.get(B + p); } } console.log(new Wrap(http).get('l').body);
  const byName = ['get', 'post']; for (const n of byName) console.log(http[n](B + 'dyn').status);
  const use = (fn, ...args) => fn(...args); console.log(use(http.get, B + 'hof').body);
}
