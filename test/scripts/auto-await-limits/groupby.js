// refused 5: Object.groupBy
import { group, sleep } from 'k6';
import http from 'k6/http';
const B = __ENV.BASE;
export default function () { Object.groupBy([1, 2], (n) => http.get(B + n).status); }
