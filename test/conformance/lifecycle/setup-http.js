import http from 'k6/http';
import { check } from 'k6';

export async function setup() {
  check(http.get(`${__ENV.HTTP}/setup`), { 'set up': (r) => r.status === 200 });
  return (await http.asyncRequest('GET', `${__ENV.HTTP}/later`)).body;
}
export default function (body) {
  http.get(`${__ENV.HTTP}/${body}`);
}
export function teardown(body) {
  http.get(`${__ENV.HTTP}/teardown-${body}`);
}
