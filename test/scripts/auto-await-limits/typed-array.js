// stopped 5: map (native)
import { group, sleep } from 'k6';
import http from 'k6/http';
const B = __ENV.BASE;
export default function () { console.log('a'); console.log(new Uint8Array([1, 2]).map((n) => http.get(B + n).status).length); }
