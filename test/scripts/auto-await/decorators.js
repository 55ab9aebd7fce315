import { check, group, sleep } from 'k6';
import http from 'k6/http';

const B = __ENV.BASE;
const measured = (target, name) => { const original = target[name]; target[name] = function (...args) { console.log('>', name); const r = original.apply(this, args); console.log('<', name); return r; }; };
class Api { get(p) { return http.get(B + p).body; } }
measured(Api.prototype, 'get');
function debounceLike(fn) { let last; const out = (...a) => (last = fn(...a)); out.last = () => last; return out; }
const compose = (...f) => (x) => f.reduceRight((v, g) => g(v), x);
export default function () { console.log(new Api().get('a')); const d = debounceLike((p) => http.get(B + p).body); d('b'); console.log(d.last()); console.log(compose((x) => x + '!', (p) => http.get(B + p).body)('c')); }
