// stopped 5:
import { group, sleep } from 'k6';
import http from 'k6/http';
const B = __ENV.BASE;
const o = Object.defineProperty({}, 'x', { get: () => http.batch([B + 'x'])[0].status });
export default function () { console.log('a'); console.log(Reflect.get(o, 'x')); }
