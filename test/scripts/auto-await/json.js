import { check, group, sleep } from 'k6';
import http from 'k6/http';

const B = __ENV.BASE;
export default function () {
  const res = http.get(B + 'json'); console.log(res.json('items.1'), res.json().path, res.json('items').map((n) => http.get(B + 'i' + n).status).join());
  console.log(JSON.stringify({ body: http.get(B + 'str').body }), JSON.parse(http.get(B + 'json/2').body).path);
}
