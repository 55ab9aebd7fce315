import { check, group, sleep } from 'k6';
import http from 'k6/http';

const B = __ENV.BASE;
const api = {
  root: B,
  get(path) { return http.get(this.root + path); },
  both(a, b) { return [this.get(a).body, this.get(b).body].join('+'); },
  'odd name'(x) { return this.get('odd' + x).body; },
  ['comp' + 'uted'](x) { return this.get('computed' + x).body; },
  arrow: (x) => http.get(B + 'arrow' + x).body,
  fn: function (x) { return this.get('fn' + x).body; },
  5(x) { return this.get('five' + x).body; },
};
export default function () {
  console.log(api.both('a', 'b'));
  console.log(api['odd name'](1), api.computed(2), api.arrow(3), api.fn(4), api[5](6));
  const { arrow } = api;
  console.log(arrow('destructured'));
  console.log(api.get.name, api['odd name'].name, api.computed.name, api.arrow.name, api.fn.name);
  console.log(Object.keys(api).join());
}
