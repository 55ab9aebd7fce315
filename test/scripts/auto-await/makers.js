import http from 'k6/http';

const B = __ENV.BASE;
class Base {
  constructor(path) {
    this.body = http.get(B + path).body;
  }
  static of(path) {
    return new this(path);
  }
  static both(paths) {
    return paths.map((p) => new this(p));
  }
  again() {
    return new this.constructor('again');
  }
}
class Sub extends Base {
  kind = 'sub';
}
function* tracked() {
  console.log('first');
  yield 1;
  console.log('second');
  yield 2;
}
export default function () {
  console.log(Base.of('a').body, Sub.of('b').kind, Sub.both(['c', 'd']).map((s) => s.body).join());
  console.log(new Sub('e').again().kind);
  console.log(Array.from(tracked(), (n) => http.get(B + 'from' + n).body).join());
  const sticky = /a/y;
  sticky.lastIndex = 1;
  console.log('aab'.replace(sticky, (m) => http.get(B + m).status), sticky.lastIndex);
  console.log('x-y'.replace({ [Symbol.replace]: (s, f) => s + f('own') }, (w) => 'own ' + w));
  class User {
    get name() {
      return http.get(B + 'name').body;
    }
  }
  console.log(new User().name);
}
