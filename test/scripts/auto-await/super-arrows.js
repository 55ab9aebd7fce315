import { check, group, sleep } from 'k6';
import http from 'k6/http';

const B = __ENV.BASE;
class A { base = 'A'; get(p) { return http.get(B + p).body + this.base; } static s(p) { return http.get(B + 's' + p).body; } }
class C extends A { base = 'C'; list(ps) { return ps.map((p) => super.get(p)); } deep() { return (() => () => super.get('deep'))()(); } static s(p) { const f = () => super.s(p); return f(); } set(v) { const f = () => { super.tag = v + http.get(B + 'set').status; }; f(); return this.tag; } args() { const f = () => [...arguments].map((p) => super['get'](p)).join(); return f(); } }
class D extends C { constructor() { const f = () => this; super(); this.me = f() === this; this.r = (() => super.get('ctor'))(); } }
export default function () { const c = new C(); console.log(c.list(['a', 'b']).join(), c.deep(), C.s('x'), c.set('v'), c.args('p', 'q')); const d = new D(); console.log(d.me, d.r); }
