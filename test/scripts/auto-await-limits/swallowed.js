// stopped 5: parse (native)
import { group, sleep } from 'k6';
import http from 'k6/http';
const B = __ENV.BASE;
const revive = (k, v) => (k ? http.get(B + v).status : v);
export default function () { for (let i = 0; i < 3; i++) { try { JSON.parse('[1]', revive); } catch (e) { console.log('caught'); } finally { console.log('finally'); } } console.log('never'); }
