import { check, group, sleep } from 'k6';
import http from 'k6/http';

const B = __ENV.BASE;
const get = (p) => http.get(B + p).body;
export default function () {
  const logged = new Proxy({ get, x: 1 }, { get: (t, k, r) => { console.log('read', String(k)); return Reflect.get(t, k, r); } });
  console.log(logged.get('p'), logged.x);
  const dyn = new Proxy({}, { get: (_, name) => (p) => get(name + '/' + p) }); console.log(dyn.users('1'), dyn.items('2'));
  const o = Object.create({ inherited(p) { return get(this.k + p); } }, { k: { value: 'K' } }); console.log(o.inherited(1));
  const frozen = Object.freeze({ f: () => get('frozen') }); console.log(frozen.f());
  const mixed = Object.assign({}, { a: () => get('assigned') }, class { static s() { return 1; } }); console.log(mixed.a());
  const withCall = { call: (x) => get('own-call' + x), apply: () => get('own-apply') }; console.log(withCall.call(1).length, withCall.apply());
  const sym = Symbol('s'); const bysym = { [sym](p) { return get('sym' + p); } }; console.log(bysym[sym](1), bysym[sym].name);
  Array.prototype.mine = function (f) { return this.map(f); }; console.log([1, 2].mine((n) => get('mine' + n)).join()); delete Array.prototype.mine;
}
