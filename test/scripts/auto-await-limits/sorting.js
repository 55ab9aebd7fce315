// stopped 6: sort (native)
import { group, sleep } from 'k6';
import http from 'k6/http';
const B = __ENV.BASE;
const sorted = { by: (f) => new Float64Array([2, 1]).sort(f) };
export default function () { console.log('a'); sorted.by((a, b) => { http.get(B + 'x'); return a - b; }); }
