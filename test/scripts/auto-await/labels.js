import { check, group, sleep } from 'k6';
import http from 'k6/http';

const B = __ENV.BASE;
export default function () { a: for (const i of [1, 2, 3]) { b: for (const j of [1, 2]) { switch (http.get(B + i + j).status) { case 200: if (j === 1) continue b; if (i === 2) break a; continue a; default: break; } } } console.log('out'); let i = 0; loop: while (true) { do { if (http.get(B + 'd' + i).status && ++i > 2) break loop; } while (i < 2); } console.log(i); }
