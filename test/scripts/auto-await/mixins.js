import { check, group, sleep } from 'k6';
import http from 'k6/http';

const B = __ENV.BASE;
const Logs = (Base) => class extends Base { log(p) { return 'log:' + this.get(p); } };
const Retries = (Base) => class extends Base { get(p) { const r = super.get(p + '1'); return r + super.get(p + '2'); } };
class Core { get(p) { return http.get(B + p).body; } }
class Full extends Logs(Retries(Core)) { static create() { return new Full(); } get(p) { return '<' + super.get(p) + '>'; } }
export default function () { console.log(Full.create().log('x')); const Anonymous = class extends Core { get [Symbol.toStringTag]() { return 'Anon'; } }; console.log(new Anonymous().get('y'), String(new Anonymous())); }
