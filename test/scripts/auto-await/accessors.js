import http from 'k6/http';

const B = __ENV.BASE;
const get = (p) => http.get(B + p);
class Box {
  n = 1;
  get x() { return get('get').status && this.n; }
  set x(v) { get('set' + v); this.n = v; }
  get big() { return get('big') && 5n; }
  set big(v) { get('setbig' + v); }
}
class Loud extends Box {
  set x(v) { super.x = v; }
  get x() { return super.x * 10; }
}
export default function () {
  const b = new Box();
  b.x = 3; console.log(b.x++, ++b.x, b.x--, b.n);
  b.x += 5; b.x ||= 7; b.x &&= 2; b.x ??= 9; console.log(b.n, (b.x **= 2));
  console.log(String(b.big++), `${b.x}`, b['x'], b?.x);
  const o = { y: 1, ...{ z: 2 } }; [o.y, o.z] = [b.x, 4]; ({ a: o.y } = { a: get('pat').status }); console.log(o.y, o.z);
  for (o.y of [get('of').status]) console.log(o.y);
  for (o.z in { key: get('in').status }) console.log(o.z);
  console.log(new Loud().x);
  delete o.y; console.log('y' in o, typeof b.x, !b.x, [...[b.x]].length, { v: b.x }.v, b.x ? 1 : 2);
}
