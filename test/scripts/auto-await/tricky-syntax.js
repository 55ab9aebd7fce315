import { check, group, sleep } from 'k6';
import http from 'k6/http';

const B = __ENV.BASE;
const get = (p) => http.get(B + p);
export default function () {
  const a = (1, get('seq')).status, b = ((x) => x)((get('p1'), get('p2'))).body; console.log(a, b);
  console.log(((get('m1'), api())).get('m2').status, (true ? api() : null).get('c').status, new (klass())('n').v, new (klass().Sub ?? klass())('o').v);
  console.log(typeof get('t').status, !get('n').status, -get('u').status + +get('v').status, get('x').status ** 2, get('y').body in { }, get('z') instanceof Object);
  var i = 0; const arr = [10, 20]; arr[i++] += get('idx').status; arr[get('k').status - 199] = get('val').status; console.log(arr.join(), i);
  const o = { f() { return this === o; } }; console.log((o.f)(), (0, o.f)() === false, o?.f(), (get('w'), o).f());
  if (get('a1').status) ; else console.log('no');
  for (var k = 0, n = get('len').status - 198; k < n; k++) ;
  console.log(k); for (const x of (get('h1'), [1, 2])) console.log(x);
  const t = get('th').status === 200 ? (() => { throw_ = 1; return get('in').status; }) : null; var throw_; console.log(t(), throw_);
  try { throw get('thrown').status; } catch { console.log('optional catch'); }
  label: { const f = () => { return get('lf').status; }; if (f()) break label; }
  console.log(`${get('tpl').status}${`${get('nest').status}`}`, (function () { return typeof this; })(), (() => get('v0').body)``.length ?? 0);
  function api() { return { get }; } function klass() { return class { constructor(x) { this.v = get(x).body; } }; }
  let u; u ??= get('un').status; u &&= get('and').status; u ||= get('never').status; console.log(u, u++ + get('post').status, (u += 1, u));
  const { length } = get('str').body, [{ status: s1 } = {}] = [get('arr')]; console.log(length, s1); debugger;
  console.log([, get('hole').status].length, [...[get('sp').status], ...'ab'].join(), { __proto__: { z: get('proto').status } }.z, { get: 1, set: 2, async: 3, static: 4 }.async);
  return void 0;
}
