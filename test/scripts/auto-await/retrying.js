import { check, group, sleep } from 'k6';
import http from 'k6/http';

const B = __ENV.BASE;
function retry(fn, { times = 3, wait = 0, on = () => {} } = {}) { let last; for (let n = 1; n <= times; n++) { try { return fn(n); } catch (e) { last = e; on(e, n); if (n < times) sleep(wait); } } throw last; }
const flaky = (n) => { const r = http.get(B + (n < 3 ? 'status/503/' : 'fine/') + n); if (r.status !== 200) throw new Error('status ' + r.status); return r.body; };
function withTimeout(fn) { const out = { value: undefined }; try { out.value = fn(); return out; } catch (error) { return { ...out, error: error.message }; } }
export default function () { console.log(retry(flaky, { on: (e, n) => console.log('attempt', n, e.message) })); console.log(withTimeout(() => retry(() => flaky(1), { times: 2 })).error); let tries = 0; do { try { tries++; if (http.get(B + 'w' + tries).status === 200 && tries < 3) continue; break; } finally { console.log('tried', tries); } } while (true); }
