import { check, group, sleep } from 'k6';
import http from 'k6/http';

const B = __ENV.BASE;
const get = (p) => http.get(B + p).body;
class Queue { #items = []; push(...x) { this.#items.push(...x); return this; } drain(fn) { const out = []; while (this.#items.length) out.push(fn(this.#items.shift())); return out; } get size() { return this.#items.length; } map(f) { return this.#items.map(f); } }
class Cache extends Map { fetch(k) { if (!this.has(k)) this.set(k, get(k)); return this.get(k); } }
class Names extends Array { load() { return this.map((n) => get('n' + n)); } }
export default function () { const q = new Queue().push(1, 2, 3); console.log(q.map((n) => get('q' + n)).length, q.drain((n) => get('d' + n)).join(), q.size); const c = new Cache(); console.log(c.fetch('k'), c.fetch('k'), c.size); const n = Names.from([7]); console.log(n.load().join(), n instanceof Names, n.filter((x) => get('f' + x)).constructor.name); console.log([...new Set([1, 1, 2])].map((x) => get('u' + x)).join(), new Map([['a', get('ma')]]).get('a')); const ws = new WeakMap(); const key = {}; ws.set(key, () => get('weak')); console.log(ws.get(key)()); }
