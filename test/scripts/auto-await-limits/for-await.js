// refused 6: for await
import { group, sleep } from 'k6';
import http from 'k6/http';
const B = __ENV.BASE;
export default async function () {
  for await (const p of [Promise.resolve(1)]) console.log(http.get(B + p).status); }
