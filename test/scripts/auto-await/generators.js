import { check, group, sleep } from 'k6';
import http from 'k6/http';

const B = __ENV.BASE;
function* pages(n) { try { for (let i = 0; i < n; i++) { const got = yield http.get(B + 'page' + i).body; if (got) console.log('got', got); } return 'ret'; } finally { console.log('closed', http.get(B + 'close').status); } }
function* all() { const r = yield* pages(2); console.log('inner gave', r); yield* [10, 20]; yield 'end'; }
const seq = { *[Symbol.iterator]() { yield 1; http.get(B + 'seq'); yield 2; } };
class Tree { constructor(v, kids = []) { this.v = v; this.kids = kids; } *walk() { yield http.get(B + 't' + this.v).status + this.v; for (const k of this.kids) yield* k.walk(); } }
export default function () {
  for (const p of pages(3)) { console.log(p); if (p.endsWith('1')) break; }
  console.log([...all()].join());
  const [a, b] = pages(5); console.log(a, b);
  const it = pages(2); console.log(it.next().value, it.next('hello').value, JSON.stringify(it.next()), it.next().done);
  const cut = pages(3); cut.next(); console.log(JSON.stringify(cut.return(7)));
  const err = pages(3); err.next(); try { err.throw(new Error('in')); } catch (e) { console.log(e.message); }
  console.log([...seq].join(), Math.max(...seq), Array.from(seq, (x) => x * 2).join(), new Set(seq).size);
  for (const x of new Tree(1, [new Tree(2), new Tree(3, [new Tree(4)])]).walk()) console.log(x);
  try { for (const p of pages(2)) { throw new Error('body ' + p); } } catch (e) { console.log(e.message); }
  lbl: for (const x of pages(2)) { for (const y of pages(2)) { if (y.endsWith('0')) continue; console.log(x, y); continue lbl; } }
  console.log(pages.constructor !== undefined, pages(1) instanceof pages, typeof pages(1)[Symbol.iterator]);
}
