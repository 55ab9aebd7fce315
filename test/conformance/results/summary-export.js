import { check, group } from 'k6';
import { Counter, Rate, Trend } from 'k6/metrics';

const [c, r, t] = [new Counter('cc'), new Rate('rr'), new Trend('tt')];
export const options = { thresholds: { cc: ['count<3', 'count>1'] } };
export function setup() {
  return { token: 'abc' };
}
export default function () {
  group('front page', () => check(1, { sometimes: false }));
  c.add(4);
  r.add(true);
  t.add(2);
}
