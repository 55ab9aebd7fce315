// stopped 5:
import { group, sleep } from 'k6';
import http from 'k6/http';
const B = __ENV.BASE;
const get = (p) => http.get(B + p).status;
export default function () { console.log('a'); const run = new Function('f', 'return f("x")'); console.log(run(get)); }
