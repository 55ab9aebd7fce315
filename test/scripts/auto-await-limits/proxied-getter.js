// stopped 8:
import http from 'k6/http';

const B = __ENV.BASE;
const read = [];
class User {
  get name() {
    return http.get(B + 'name').body;
  }
}
const spied = new Proxy(new User(), { get: (t, k) => (read.push(k), t[k]) });
export default function () {
  console.log(new User().name);
  console.log(spied.name, read.join());
}
