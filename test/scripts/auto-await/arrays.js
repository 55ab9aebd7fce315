import { check, group, sleep } from 'k6';
import http from 'k6/http';

const B = __ENV.BASE;
const get = (p) => http.get(B + p);
export default function () {
  const ids = [3, 1, 2];
  ids.forEach((n, i, all) => console.log(get('e' + n).status, i, all.length));
  console.log(ids.map((n) => get('m' + n).body).join());
  console.log(ids.filter((n) => get('f' + n).body.endsWith('1')).join());
  console.log(ids.find((n) => get('d' + n).body.endsWith('1')), ids.findIndex((n) => get('x' + n).body.endsWith('2')));
  console.log(ids.some((n) => get('s' + n).body.endsWith('3')), ids.every((n) => get('y' + n).body.endsWith('3')));
  console.log(ids.reduce((sum, n) => sum + get('r' + n).body.length, 0), ids.reduceRight((s, n) => s + get('rr' + n).body, ''));
  console.log(ids.flatMap((n) => [n, get('fm' + n).body]).join(), ids.findLast((n) => get('fl' + n).status === 200));
  console.log(Array.from([7, 8], (n) => get('from' + n).body).join(), Array.from({ length: 2 }, (_, i) => get('len' + i).body).join());
  const seen = new Set(); console.log([3, 1, 2].sort((a, b) => { seen.add(typeof get); return a - b; }).join(), seen.size);
  new Set(['p', 'q']).forEach((v, k, set) => console.log(get('set' + v).body, k, set.size));
  new Map([['a', 1]]).forEach((v, k) => console.log(get('map' + k + v).body));
  console.log('a-b'.replace(/[ab]/g, (c) => get('rep' + c).body.length), 'xyx'.replaceAll('x', (c) => get('all' + c).status));
  const sparse = [1, , 3]; sparse.forEach((n) => console.log(n)); console.log(sparse.map((n) => get('sp' + n).status).length);
}
