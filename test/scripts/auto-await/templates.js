import { check, group, sleep } from 'k6';
import http from 'k6/http';

const B = __ENV.BASE;
function tag(strings, ...values) { return strings.raw.join('_') + http.get(B + values.join('')).body; }
const lib = { p: 'lib', tag(s, v) { return this.p + s[0] + http.get(B + v).body; } };
const same = []; function keep(s) { same.push(s); http.get(B + 'k'); return s; }
export default function () {
  console.log(tag`a${1}b${http.get(B + 'v').status}c`, lib.tag`x${'y'}`, `t ${http.get(B + 't').body} ${`n${http.get(B + 'n').status}`}`);
  for (let i = 0; i < 2; i++) keep`site`; console.log(same[0] === same[1], Object.isFrozen(same[0]));
  console.log(http.get(http.url`${B}u/${5}`).body);
}
