import http from 'k6/http';
import { check, group } from 'k6';
import { Counter, Gauge, Rate, Trend } from 'k6/metrics';

const [c, g, r, t] = [new Counter('cc'), new Gauge('gg'), new Rate('rr'), new Trend('tt')];
export const options = { thresholds: { cc: ['count<3'], 'http_req_duration{type:api}': ['max<60000'] } };
export default function () {
  group('front', () => {
    check(http.get(`${__ENV.HTTP}/x`, { tags: { type: 'api' } }), { good: true, bad: false });
  });
  c.add(4);
  g.add(28);
  r.add(true);
  t.add(1.5);
}
