import exec from 'k6/execution';

export default function () {
  if (__ITER === 0) console.log(exec.scenario.executor, JSON.stringify(exec.test.options.scenarios.default.stages));
  const until = Date.now() + 50;
  while (Date.now() < until);
}
