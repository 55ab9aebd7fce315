import http from 'k6/http';
import { check } from 'k6';
import { Counter, Gauge, Rate, Trend } from 'k6/metrics';

const [c, g, r, t] = [new Counter('cc'), new Gauge('gg'), new Rate('rr'), new Trend('tt')];
export const options = {
  thresholds: {
    cc: ['count==3', 'count>=3', 'count<4'],
    gg: ['value===2'],
    rr: ['rate>0.5', 'rate != 1'],
    tt: ['avg<=2', 'min==1', 'max==3', 'med==2', 'p(90) < 2.81', 'p(99.9)>2.9'],
    'cc{kind:a}': ['count==1'],
    'http_req_duration{status:200, method:GET}': ['max<60000'],
    checks: [{ threshold: 'rate==1', abortOnFail: true, delayAbortEval: '10s' }],
    'rr{none:x}': ['rate>0.9'],
  },
};
export default function () {
  c.add(1, { kind: 'a' });
  c.add(2, { kind: 'b' });
  g.add(9);
  g.add(2);
  [1, 1, 0].forEach((v) => r.add(v));
  [1, 2, 3].forEach((v) => t.add(v));
  check(http.get(`${__ENV.HTTP}/x`), { ok: (res) => res.status === 200 });
}
