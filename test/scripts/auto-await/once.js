import { check, group, sleep } from 'k6';
import http from 'k6/http';

const B = __ENV.BASE;
const once = (fn) => { let done = false, value; return () => { if (!done) { value = fn(); done = true; } return value; }; };
const token = once(() => http.post(B + 'token', 'secret').body);
const plugins = []; const use = (p) => plugins.push(p);
use({ before: (x) => console.log('before', x), after(x) { http.get(B + 'after' + x); } }); use({ before() { http.get(B + 'b2'); } });
export default function () { console.log(token(), token()); for (const p of plugins) { p.before?.(1); p.after?.(2); } plugins.forEach(({ before }) => before(3)); }
