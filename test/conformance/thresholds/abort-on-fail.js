import { sleep } from 'k6';
import { Rate } from 'k6/metrics';

const r = new Rate('rr');
export const options = { duration: '40s', thresholds: { rr: [{ threshold: 'rate>0.9', abortOnFail: true }] } };
export default function () {
  r.add(false);
  sleep(0.2);
}
export function teardown() {
  console.log('teardown');
}
