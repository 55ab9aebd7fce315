import http from 'k6/http';
import legacy from './legacy.cjs';
const B = __ENV.BASE;
export const login = (u) => http.post(B + 'login', u).body;
export class Session {
  constructor(user) {
    this.user = user;
    this.id = login(user);
  }
  open() {
    return legacy.fetch('open' + this.user);
  }
}
