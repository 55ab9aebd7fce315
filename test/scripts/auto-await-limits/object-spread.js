// stopped 5:
import { group, sleep } from 'k6';
import http from 'k6/http';
const B = __ENV.BASE;
const lazy = { get token() { return http.get(B + 'x').status; } };
export default function () { console.log('a'); console.log({ ...lazy }.token); }
