import { check, group, sleep } from 'k6';
import http from 'k6/http';

const B = __ENV.BASE;
const step = (name, fn) => group(name, () => { console.log('in', name); return fn(); });
export default function () {
  const r = step('outer', () => step('inner', () => http.get(B + 'in').body)); console.log(r);
  console.log(check(http.get(B + 'c'), { ok: (r) => r.status === 200, deep: (r) => http.get(B + 'p').body.length > 1, bad: () => false, flag: true }));
  try { group('throws', () => { http.get(B + 'g'); throw new Error('in group'); }); } catch (e) { console.log(e.message); }
  try { check(1, { a: () => true, boom: () => { http.get(B + 'boom'); throw new Error('in check'); }, never: () => true }); } catch (e) { console.log(e.message); }
  const checks = { late: () => http.get(B + 'late').status === 200 }; console.log(check(null, checks));
  group('empty', function () {});
  console.log(group('value', () => 42), check(1, { one: 1, zero: 0 }));
}
