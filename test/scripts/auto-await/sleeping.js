import { check, group, sleep } from 'k6';
import http from 'k6/http';

function pause(s) { sleep(s); return 'slept'; }
export default function () { console.log(pause(0.01), [0.01, 0.01].map(pause).join()); const t = Date.now(); sleep(0.05); console.log(Date.now() - t >= 0); sleep(0); sleep(-1); sleep('0.001'); }
