// refused 7: computed name
import { group, sleep } from 'k6';
import http from 'k6/http';
const B = __ENV.BASE;
const key = 'k';
class Box {
  get [key + '1']() { return http.get(B + 'x').status; } }
export default function () { console.log(new Box().k1); }
