import { check, group, sleep } from 'k6';
import http from 'k6/http';

const B = __ENV.BASE;
const verbs = ['get', 'post']; const client = {};
for (const v of verbs) client[v + 'It'] = (p) => http[v](B + p).body;
class Dyn { static ['make' + 'One']() { return new Dyn(); } ['call' + 1](p) { return client.getIt(p); } static { this.prototype.added = function (p) { return client.postIt(p); }; } }
Object.defineProperty(Dyn.prototype, 'defined', { value(p) { return client.getIt('def' + p); } });
Object.assign(Dyn.prototype, { mixed(p) { return this.call1('mix' + p); } });
export default function () { const d = Dyn.makeOne(); console.log(d.call1('a'), d.added('b'), d.defined('c'), d.mixed('d'), d[['call', 1].join('')]('e')); console.log(client['get' + 'It']('f'), Reflect.get(client, 'postIt')('g'), Object.values(client).length); const { getIt, ...others } = client; console.log(getIt('h'), others.postIt('i')); }
