// stopped 5:
import { group, sleep } from 'k6';
import http from 'k6/http';
const B = __ENV.BASE;
const lazy = { then(ok) { ok(http.get(B + 'x').status); } };
export default async function () { console.log('a'); console.log(await lazy); }
