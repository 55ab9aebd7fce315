import exec from 'k6/execution';
import { Counter } from 'k6/metrics';

const c = new Counter('cc');
export const options = { iterations: 3 };
export default function () {
  const { tags } = exec.vu.metrics;
  if (__ITER === 0) {
    tags.kept = 1;
    exec.vu.tags.old = true;
  }
  if (__ITER === 2) delete tags.kept;
  c.add(1);
  if (__ITER === 0) console.log(tags.kept, exec.vu.tags.kept, tags.old, Object.keys(tags).sort().join());
}
