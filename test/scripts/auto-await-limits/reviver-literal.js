// refused 6: JSON.parse
import { group, sleep } from 'k6';
import http from 'k6/http';
const B = __ENV.BASE;
export default function () {
  console.log(JSON.parse('[1,2]', (k, v) => (k ? http.get(B + 'r' + v).status : v)).join());
}
