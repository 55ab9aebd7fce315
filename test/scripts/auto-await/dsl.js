import { check, group, sleep } from 'k6';
import http from 'k6/http';

const B = __ENV.BASE;
class Expect { constructor(v, not = false) { this.v = v; this.neg = not; } get not() { return new Expect(this.v, !this.neg); } to = { equal: (x) => this.run(this.v === x), be: { ok: () => this.run(Boolean(this.v)) } }; run(ok) { if (ok === this.neg) throw new Error('expectation'); return this; } }
const expect = (v) => new Expect(v);
const stack = []; const describe = (name, fn) => { stack.push(name); try { fn(); console.log('pass', stack.join(' > ')); } catch (e) { console.log('fail', stack.join(' > '), e.message); } finally { stack.pop(); } };
export default function () { describe('outer', () => { describe('status', () => expect(http.get(B + 'a').status).to.equal(200)); describe('not', () => expect(http.get(B + 'status/404').status).not.to.equal(404)); describe('ok', () => expect(http.get(B + 'b').body).to.be.ok()); }); }
