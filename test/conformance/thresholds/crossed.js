import { Counter } from 'k6/metrics';
import { check } from 'k6';

const c = new Counter('cc');
export const options = { iterations: 2, thresholds: { cc: ['count<2'], 'cc{kind:a}': ['count>5'], checks: ['rate>0.9'] } };
export default function () {
  c.add(1, { kind: 'a' });
  check(1, { no: false });
}
