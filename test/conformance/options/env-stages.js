import { sleep } from 'k6';
import exec from 'k6/execution';

export default function () {
  if (__ITER === 0) console.log(exec.scenario.executor, JSON.stringify(exec.test.options.scenarios.default.stages));
  sleep(0.2);
}
