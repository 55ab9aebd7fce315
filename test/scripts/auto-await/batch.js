import { check, group, sleep } from 'k6';
import http from 'k6/http';

const B = __ENV.BASE;
const many = (paths) => http.batch(paths.map((p) => ['GET', B + p]));
export default function () {
  const one = http.batch([B + 'only']); console.log(one[0].body);
  const named = http.batch({ a: { method: 'post', url: B + 'post', body: 'x' } }); console.log(named.a.body);
  console.log(many(['z']).map((r) => r.status).join(), http.batch([]).length);
}
