// refused 6: asynchronous generator
import { group, sleep } from 'k6';
import http from 'k6/http';
const B = __ENV.BASE;
async function* pages() {
  yield http.get(B + 'x').body; }
export default async function () { for await (const p of pages()) console.log(p); }
