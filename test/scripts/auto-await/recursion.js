import { check, group, sleep } from 'k6';
import http from 'k6/http';

const B = __ENV.BASE;
function crawl(depth, path) { if (depth === 0) return 1; const r = http.get(B + path); let sum = 1; for (const n of [1, 2]) sum += crawl(depth - 1, path + n); return sum; }
const even = (n) => (n === 0 ? true : odd(n - 1)); const odd = (n) => (n === 0 ? (http.get(B + 'odd'), false) : even(n - 1));
function deep(n) { return n === 0 ? http.get(B + 'bottom').status : deep(n - 1) + 1; }
export default function () { console.log(crawl(3, 'c')); console.log(even(7)); console.log(deep(300)); }
