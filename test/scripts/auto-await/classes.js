import { check, group, sleep } from 'k6';
import http from 'k6/http';

const B = __ENV.BASE;
class Client {
  static made = 0;
  base = B;
  constructor(name) { this.name = name; Client.made++; }
  get(path) { return http.get(this.base + path, { headers: { 'X-N': this.name } }); }
  static of(name) { return new this(name); }
  static ping() { return http.get(B + 'ping').body; }
  chain(path) { this.last = this.get(path); return this; }
  body() { return this.last.body; }
}
class Admin extends Client {
  get(path) { const r = super.get('admin/' + path); console.log('admin', r.status); return r; }
  twice(p) { return [1, 2].map((n) => this.get(p + n).body + super.get('plain').body).join(); }
}
export default function () {
  const c = Client.of('x');
  console.log(c.chain('a').chain('b').body());
  const a = new Admin('root');
  console.log(a.get('c').body, a.twice('d'));
  console.log(Client.ping(), Admin.ping(), Client.made, a instanceof Client, a.constructor.name);
  console.log(Object.getOwnPropertyNames(Client.prototype).join());
  const names = []; for (const k in c) names.push(k); console.log(names.join());
}
