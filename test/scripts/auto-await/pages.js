import { check, group, sleep } from 'k6';
import http from 'k6/http';

const B = __ENV.BASE;
class Page { static path = ''; visit(params = {}) { const q = Object.entries(params).map(([k, v]) => `${k}=${v}`).join('&'); this.res = http.get(`${B}${this.constructor.path}${q && '?' + q}`); return this; } check(sets) { check(this.res, sets); return this; } pause(s = 0) { sleep(s); return this; } }
class Home extends Page { static path = 'home'; search(q) { return new Results(this).visit({ q }); } }
class Results extends Page { static path = 'search'; constructor(from) { super(); this.from = from; } first() { return this.res.body.split('=')[1]; } *items() { for (let i = 0; i < 2; i++) yield new Item().visit({ i }); } }
class Item extends Page { static get path() { return 'item'; } }
export default function () { const r = new Home().visit().check({ 'home ok': (x) => x.status === 200 }).pause().search('shoes'); console.log(r.first(), r.from instanceof Home); for (const i of r.items()) i.check({ item: (x) => x.body.includes('item') }); }
