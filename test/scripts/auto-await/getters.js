import { check, group, sleep } from 'k6';
import http from 'k6/http';

const B = __ENV.BASE;
class User {
  constructor(id) { this.id = id; }
  get profile() { return http.get(B + 'user/' + this.id).body; }
  set profile(v) { this.saved = http.post(B + 'user/' + this.id, v).body; }
  static get all() { return http.get(B + 'users').body; }
}
class Sub extends User { get profile() { return 'sub ' + super.profile; } }
const lazy = {
  get token() { const v = http.get(B + 'token').body; Object.defineProperty(this, 'token', { value: v }); return v; },
  plain: 1,
};
export default function () {
  const u = new User(7);
  console.log(u.profile, User.all);
  u.profile = 'new';
  console.log(u.saved, lazy.token, lazy.token, lazy.plain);
  console.log(new Sub(8).profile.length, `${u.profile}`, u?.profile, [u.profile].length);
  console.log(Object.getOwnPropertyDescriptor(User.prototype, 'profile').get.name, Object.getOwnPropertyNames(User.prototype).join());
}
