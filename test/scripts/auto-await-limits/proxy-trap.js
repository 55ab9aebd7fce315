// stopped 5:
import { group, sleep } from 'k6';
import http from 'k6/http';
const B = __ENV.BASE;
const lazy = new Proxy({}, { get: (t, k) => http.get(B + String(k)).body });
export default function () { console.log('a'); console.log(lazy.x); }
