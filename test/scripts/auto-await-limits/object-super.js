// refused 6: uses super
import { group, sleep } from 'k6';
import http from 'k6/http';
const B = __ENV.BASE;
const o = { m() {
  return super.toString() + http.get(B + 'x').status; } };
export default function () { console.log(o.m()); }
