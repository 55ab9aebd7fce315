import { check, group, sleep } from 'k6';
import http from 'k6/http';

const B = __ENV.BASE;
const get = (p) => http.get(B + p).body;
function retry(times, fn) {
  for (let i = 0; i < times; i++) { const r = fn(i); if (r) return r; }
  return 'gave up';
}
const pipe = (...fns) => (x) => fns.reduce((v, f) => f(v), x);
function withLog(fn) { return function (...args) { console.log('call', args.length); return fn.apply(this, args); }; }
export default function () {
  console.log(retry(3, (i) => i === 2 && get('try' + i)));
  console.log(pipe((x) => get('p' + x), (x) => x.length, String)('1'));
  console.log(withLog(get)('logged'));
  const bound = get.bind(null, 'bound'); console.log(bound());
  console.log(get.call(undefined, 'called'), Reflect.apply(get, null, ['reflected']));
  const table = { a: () => get('ta'), b: (x) => get('tb' + x) };
  for (const key of Object.keys(table)) console.log(table[key](1));
  const fns = [() => get('f0'), () => get('f1')]; console.log(fns[1](), fns.at(0)());
  const m = new Map([['k', (v) => get('map' + v)]]); console.log(m.get('k')(5));
}
