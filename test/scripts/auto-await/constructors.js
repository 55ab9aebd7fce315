import { check, group, sleep } from 'k6';
import http from 'k6/http';

const B = __ENV.BASE;
class Base {
  order = console.log('base field') ?? 1;
  #secret = 'sec';
  constructor(path) { console.log('base ctor', this.order); this.res = http.get(B + path).body; }
  secret() { return this.#secret; }
}
class Middle extends Base { tag = console.log('middle field', this.res) ?? 'm'; }
class Leaf extends Middle {
  own = this.tag + '!';
  #p = this.res;
  constructor(a, b = 'dflt') { console.log('before super'); super(a + b); console.log('after super', this.own, this.#p); this.z = http.get(B + 'leaf').body; }
}
class Quiet extends Leaf {}
export default function () {
  const m = new Middle('m'); console.log(m.res, m.tag, m.secret());
  const l = new Leaf('l'); console.log(l.z, l instanceof Base, Object.keys(l).join());
  const q = new Quiet('q', 'q'); console.log(q.z, q.constructor.name, q.secret());
  const make = (C) => new C('dyn'); console.log(make(Base).res);
  function Old(path) { this.body = http.get(B + path).body; }
  Old.prototype.say = function () { return 'old ' + this.body; };
  console.log(new Old('old').say());
}
