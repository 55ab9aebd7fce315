// refused 6: new.target
import { group, sleep } from 'k6';
import http from 'k6/http';
const B = __ENV.BASE;
function Old() {
  if (!new.target) return 1; this.body = http.get(B + 'x').body; }
export default function () { new Old(); }
