import { check, group, sleep } from 'k6';
import http from 'k6/http';

const B = __ENV.BASE;
export default function () { 'use strict'; const o = Object.freeze({ a: 1 }); try { o.a = http.get(B + 'x').status; } catch (e) { console.log(e instanceof TypeError); } const f = function () { return this === undefined; }; console.log(f(), [1].map(function () { http.get(B + 'y'); return this === undefined; })[0], [1].map(function () { return this.k; }, { k: http.get(B + 'z').status })[0]); try { undeclared = http.get(B + 'w').status; } catch (e) { console.log(e instanceof ReferenceError); } const g = (x) => { 'use strict'; return x; }; console.log(g(1)); }
