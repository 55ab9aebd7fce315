// stopped 5: map (native)
import { group, sleep } from 'k6';
import http from 'k6/http';
const B = __ENV.BASE;
const one = () => group('g', () => http.get(B + 'x').status);
export default function () { console.log('a'); Uint8Array.of(1).map(one); }
