import exec from 'k6/execution';

export default function () {
  console.log(exec.scenario.executor, exec.test.options.scenarios.default.vus);
}
