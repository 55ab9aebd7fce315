import { check, group, sleep } from 'k6';
import http from 'k6/http';

const B = __ENV.BASE;
function f(a = http.get(B + 'a').status, b = a + 1, { c } = { c: http.get(B + 'c').status }) { return [a, b, c, arguments.length].join(); }
const g = (x = () => http.get(B + 'x').body) => x(); const h = ({ cb = () => http.get(B + 'cb').status } = {}) => cb();
export default function () { console.log(f(), f(1), f(1, 2, { c: 3 }), g(), g(() => 1), h(), h({ cb: () => 2 }), f.length); }
