import { check, group, sleep } from 'k6';
import http from 'k6/http';

const B = __ENV.BASE;
export default function () { setTimeout(() => { http.get(B + 't'); throw new Error('in timer'); }, 1); console.log('main'); }
