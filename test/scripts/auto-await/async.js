import { check, group, sleep } from 'k6';
import http from 'k6/http';

const B = __ENV.BASE;
const wait = (ms) => new Promise((r) => setTimeout(r, ms));
async function login() { const r = http.get(B + 'login'); await wait(5); const s = http.get(B + 'session').body; return s + r.status; }
const arrow = async (p) => http.get(B + p).body;
class Api { async get(p) { await null; return http.get(B + p).body; } static async make() { http.get(B + 'make'); return new Api(); } }
const o = { async m(p = http.get(B + 'dflt').status) { try { return await arrow('m' + p); } finally { await wait(1); http.get(B + 'of'); } } };
export default async function () {
  console.log(await login(), await arrow('x'));
  const api = await Api.make(); console.log(await api.get('y'), await o.m());
  const [a, b] = await Promise.all([login(), http.asyncRequest('GET', B + 'async')]); console.log(a, b.body);
  try { await (async () => { http.get(B + 'boom'); throw new Error('async boom'); })(); } catch (e) { console.log(e.message); }
  for (const p of ['l1', 'l2']) console.log(await arrow(p));
  for (const c of (await arrow('head')).slice(0, 2)) console.log(c);
  console.log(await Promise.all(['p', 'q'].map(async (p) => { const r = http.get(B + p); await wait(2); return r.body; })).then((l) => l.join()));
  const thenable = { then(ok) { ok('thenable'); } }; console.log(await thenable);
  login().then((s) => { console.log('then', s, http.get(B + 'after').status); });
  console.log('returned');
}
