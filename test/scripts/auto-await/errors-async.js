import { check, group, sleep } from 'k6';
import http from 'k6/http';

const B = __ENV.BASE;
export default async function () { await null; http.get(B + 'a'); throw new Error('after await'); }
