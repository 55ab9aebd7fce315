import { check, group, sleep } from 'k6';
import http from 'k6/http';

const B = __ENV.BASE;
class Temp { constructor(v) { this.v = v; } toString() { return 'T' + this.v; } [Symbol.toPrimitive](hint) { return hint === 'number' ? this.v : 'P' + this.v; } load() { this.v = http.get(B + 'load').status; return this; } }
export default function () { const t = new Temp(1).load(); console.log(`${t}`, +t, t + '', String(t), [t].join()); const o = { valueOf: () => 5 }; console.log(o + 1); }
