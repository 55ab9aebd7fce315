import { check, group, sleep } from 'k6';
import http from 'k6/http';

const B = __ENV.BASE;
const bus = { subs: new Map(), on(e, f) { this.subs.set(e, [...(this.subs.get(e) ?? []), f]); return () => this.subs.set(e, this.subs.get(e).filter((x) => x !== f)); }, emit(e, d) { for (const f of this.subs.get(e) ?? []) f(d); } };
export default function () { const off = bus.on('x', (d) => console.log('1', http.get(B + d).body)); bus.on('x', function (d) { console.log('2', http.get(B + d + '2').status); }); bus.emit('x', 'a'); off(); bus.emit('x', 'b'); const later = []; setTimeout(() => { later.push(http.get(B + 'late').status); bus.emit('x', 'timer'); }, 5); console.log(later.length); }
