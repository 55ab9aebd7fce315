import { check, group, sleep } from 'k6';
import http from 'k6/http';

const B = __ENV.BASE;
const get = (p) => http.get(B + p);
export default function () {
  outer: for (let i = 0; i < 3; i++) {
    for (let j = 0; get('w' + j).status === 200; j++) {
      if (j === 1) continue outer;
      if (i === 2) break outer;
      console.log(i, j);
    }
  }
  let n = 0;
  do { n++; } while (get('do' + n).body.length < 100 && n < 3);
  while (get('while' + n).status === 200 && n-- > 1) console.log('n', n);
  switch (get('sw').body) { case get('sw').body: console.log('same'); case 'fall': console.log('fell'); break; default: console.log('never'); }
  if (get('if').status === 200 && !(get('if2').status > 300)) console.log('yes'); else console.log('no');
  console.log(get('t').status === 200 ? get('t1').body : get('t2').body, get('null').nothing ?? get('dflt').body);
  for (const x of [get('o1').body, get('o2').body]) console.log(x);
  lbl: for (const x of get('list').body.split('')) { if (x === ' ') continue lbl; if (x === '/') break lbl; console.log(x); }
  for (const k in { [get('key').status]: 1 }) console.log(k);
  for (let i = get('init').status; i < 202; i += get('inc').status / 200) console.log(i);
  block: { if (get('blk')) break block; console.log('not here'); }
  let x = 1; x += get('plus').status; x ||= get('no').status; console.log(x, (get('seq'), 5), typeof get('type'), -get('neg').status, void get('void'));
}
