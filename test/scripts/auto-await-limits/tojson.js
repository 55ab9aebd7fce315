// stopped 6: stringify (native)
import { group, sleep } from 'k6';
import http from 'k6/http';
const B = __ENV.BASE;
const lazy = {
  toJSON() { return http.get(B + 'tojson').body; } };
export default function () { console.log('a'); try { console.log(JSON.stringify(lazy)); } catch (e) { console.log('caught'); } console.log('never'); }
