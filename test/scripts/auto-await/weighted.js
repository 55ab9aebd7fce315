import { check, group, sleep } from 'k6';
import http from 'k6/http';

const B = __ENV.BASE;
const flows = [{ weight: 3, run: () => browse() }, { weight: 1, run() { return buy(this.weight); } }];
function browse() { return http.get(B + 'browse').body; }
const buy = (w) => http.post(B + 'buy', { w }).body;
const pick = (n) => { let at = 0; for (const f of flows) { at += f.weight; if (n < at) return f; } return flows[0]; };
export default function () { for (let n = 0; n < 4; n++) console.log(pick(n).run()); const handlers = { GET: browse, POST: buy }; for (const [m, h] of Object.entries(handlers)) console.log(m, h(2)); console.log(Object.values(handlers).map((h) => h(1)).length, Object.fromEntries(Object.entries(handlers).map(([k, h]) => [k, h(3)])).GET); }
