import { check, group, sleep } from 'k6';
import http from 'k6/http';

const B = __ENV.BASE;
console.log(typeof early, typeof late);
export default function () { console.log(early('a')); { console.log(inBlock('b')); function inBlock(p) { return get(p); } } switch (1) { case 1: function inCase(p) { return get(p); } console.log(inCase('c')); } if (true) { function inIf(p) { return get(p); } console.log(inIf('d')); } console.log(outer()('e')); console.log(twice('f'), self === run); run = null; }
function early(p) { return get(p); } function get(p) { return http.get(B + p).body; } var late = () => 1;
function outer() { return inner; function inner(p) { return get(p); } }
function twice(p) { return get(p); } var self = function () { return get('s'); }, run = self;
