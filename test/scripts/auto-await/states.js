import { check, group, sleep } from 'k6';
import http from 'k6/http';

const B = __ENV.BASE;
const machine = { state: 'login', login() { http.post(B + 'login', 'u'); return 'browse'; }, browse() { return http.get(B + 'browse').status === 200 ? 'buy' : 'login'; }, buy() { http.post(B + 'buy', '1'); return null; } };
class Emitter { handlers = {}; on(e, f) { (this.handlers[e] ??= []).push(f); return this; } emit(e, ...a) { return (this.handlers[e] ?? []).map((f) => f.call(this, ...a)); } }
export default function () { for (let s = machine.state; s; s = machine[s]()) console.log(s); const em = new Emitter().on('x', (v) => http.get(B + 'em' + v).body).on('x', function () { return this.handlers.x.length; }); console.log(em.emit('x', 1).join()); }
