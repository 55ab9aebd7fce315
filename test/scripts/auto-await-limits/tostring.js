// stopped 5:
import { group, sleep } from 'k6';
import http from 'k6/http';
const B = __ENV.BASE;
const text = { toString() { return http.get(B + 'text').body; } };
export default function () { console.log('a'); console.log('x' + text); }
