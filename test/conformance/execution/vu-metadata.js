import exec from 'k6/execution';
import { Counter } from 'k6/metrics';

const c = new Counter('cc');
export const options = { iterations: 3 };
export default function () {
  const { metadata } = exec.vu.metrics;
  if (__ITER === 0) metadata.trace = 'abc';
  if (__ITER === 2) delete metadata.trace;
  c.add(1);
}
