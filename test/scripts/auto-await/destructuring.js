import { check, group, sleep } from 'k6';
import http from 'k6/http';

const B = __ENV.BASE;
const get = (p) => http.get(B + p);
function opts({ path = get('default').body, deep: { n = 1 } = {}, ...rest } = {}, [first = get('first').status] = []) {
  return [path, n, Object.keys(rest).join(), first].join(';');
}
export default function () {
  const { status, body: text, nothing = get('absent').body } = get('obj');
  console.log(status, text, nothing);
  const [a, , b = get('third').body, ...more] = [get('one').status, 2, undefined, 4, 5];
  console.log(a, b, more.join());
  let x, y; ({ status: x, body: y } = get('assign')); [x, y] = [y, x]; console.log(x, y);
  console.log(opts(), opts({ path: 'given', deep: { n: get('n').status }, q: 1 }, [9]));
  for (const { body } of [get('l1'), get('l2')]) console.log(body);
  const { [get('k').status]: v = 'computed' } = {}; console.log(v);
  const f = ({ status }, { body } = get('param')) => status + body; console.log(f(get('arg')));
  console.log(((...args) => args.map((p) => get(p).status).join())('s1', 's2'), Math.max(...[get('m').status, 3]));
  const o = { ...get('spread'), [get('name').status]: get('val').body }; console.log(o[200], Object.keys(o).includes('200'));
}
