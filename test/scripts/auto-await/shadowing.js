import { group } from "k6";
import http from 'k6/http';

const B = __ENV.BASE;
const get = (p) => http.get(B + p).body;
export default function () { { const http = { get: () => 'local' }; console.log(http.get('x')); } const f = (http) => http.get('param'); console.log(f({ get: (x) => 'given ' + x }), f({ get })); const sleep = () => 'not k6'; console.log(sleep()); function check() { return 'own check'; } console.log(check(), [get].map((get) => get('shadow')).join()); try { throw { get }; } catch ({ get }) { console.log(get('caught')); } const arguments_ = (function () { const a = arguments; return () => a[0]('args'); })(get); console.log(arguments_()); console.log(new Map([['get', 1]]).get('get'), new URLSearchParamsLike('q=1').get('q')); }
class URLSearchParamsLike { constructor(s) { this.p = Object.fromEntries([s.split('=')]); } get(k) { return this.p[k]; } }
