import { check, group, sleep } from 'k6';
import http from 'k6/http';

const B = __ENV.BASE;
class Odd { constructor() { this.r = http.get(B + 'odd').status; return { replaced: this.r }; } }
function Proto() { if (!(this instanceof Proto)) return new Proto(); this.v = http.get(B + 'proto').status; }
Proto.prototype.get = function () { return this.v; };
const factory = () => { const self = { load() { self.v = http.get(B + 'fac').status; return self; } }; return self; };
export default function () { console.log(new Odd().replaced, Proto().get(), new Proto().get(), factory().load().v); console.log(Reflect.construct(Quick, ['q']).p); }
class Quick { constructor(p) { this.p = p; } }
