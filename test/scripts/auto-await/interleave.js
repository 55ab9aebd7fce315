import { check, group, sleep } from 'k6';
import http from 'k6/http';

const B = __ENV.BASE;
const order = []; const tick = (n) => Promise.resolve().then(() => order.push('m' + n));
export default async function () { tick(1); http.get(B + 'a'); order.push('a'); await null; order.push('b'); tick(2); http.get(B + 'c'); order.push('c'); await new Promise((r) => setTimeout(r, 1)); tick(3); await tick(4); console.log(order.join()); const p = (async () => { await null; order.push('q1'); http.get(B + 'q'); order.push('q2'); })(); order.push('r'); await p; console.log(order.slice(-3).join()); }
