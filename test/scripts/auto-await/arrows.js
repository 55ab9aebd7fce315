import { check, group, sleep } from 'k6';
import http from 'k6/http';

const B = __ENV.BASE;
const get = (p) => http.get(B + p);
const obj = (p) => ({ body: get(p).body });
const comma = (p) => (get(p), get(p + 2));
const nested = (a) => (b) => (c) => get(a + b + c).body;
export default () => {
  console.log(obj('a').body, comma('b').body, nested('x')('y')('z'));
  const immediately = (() => get('now').body)();
  console.log(immediately);
};
