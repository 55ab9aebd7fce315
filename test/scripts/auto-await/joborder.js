import { check, group, sleep } from 'k6';
import http from 'k6/http';

const B = __ENV.BASE;
let x = 0;
export default function () {
  Promise.resolve().then(() => { x++; console.log('micro 1'); }).then(() => { x++; console.log('micro 2'); });
  setTimeout(() => console.log('timer', x), 1);
  console.log('a', x); http.get(B + 'a'); console.log('b', x); sleep(0.03); console.log('c', x);
  (async () => { console.log('f start'); http.get(B + 'f1'); console.log('f got'); await null; console.log('f later', x); http.get(B + 'f2'); console.log('f end'); })();
  console.log('after call');
  Promise.resolve().then(() => console.log('other'));
}
