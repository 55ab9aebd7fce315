import { check, group, sleep } from 'k6';
import http from 'k6/http';

const B = __ENV.BASE;
const get = (p) => http.get(B + p);
function risky(p) { try { if (get(p).status !== 200) throw new Error('bad ' + p); return 'ok ' + p; } finally { console.log('cleanup', get('fin').status); } }
function override() { try { return get('ret').body; } finally { get('late'); console.log('after return'); } }
function swallow() { for (;;) { try { throw get('thrown').status; } catch (e) { return 'caught ' + e; } finally { console.log('f'); } } }
class Oops extends Error { constructor(m) { super(m); this.name = 'Oops'; } }
export default function () {
  console.log(risky('a'));
  try { risky('status/500'); } catch (e) { console.log(e.message, e instanceof Error); }
  console.log(override(), swallow());
  try { [1, 2].forEach((n) => { get('x' + n); if (n === 2) throw new Oops('two'); }); } catch ({ name, message }) { console.log(name, message); }
  try { (() => { get('deep'); null.x; })(); } catch (e) { console.log(e instanceof TypeError); }
  try { undefined_name(get('arg')); } catch (e) { console.log(e instanceof ReferenceError); }
  get('last');
  throw new Error('the end');
}
