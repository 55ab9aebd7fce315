import http from 'k6/http';
import { Counter } from 'k6/metrics';

const c = new Counter('cc');
export const options = { thresholds: { 'cc{kind:a}': ['count<9'] } };
export default function () {
  c.add(2.5, { kind: 'a' });
  http.get(`${__ENV.HTTP}/x`);
}
