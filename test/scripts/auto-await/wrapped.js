import { check, group, sleep } from 'k6';
import http from 'k6/http';

const B = __ENV.BASE;
const wrap = (fn) => (...args) => { console.log('before'); try { return fn(...args); } finally { console.log('after'); } };
const run = wrap(() => { console.log(http.get(B + 'wrapped').body); });
export { run as default };
