import exec from 'k6/execution';

export const options = { scenarios: { a: { executor: 'ramping-arrival-rate', startRate: 0, stages: [{ target: 10, duration: '1180ms' }], preAllocatedVUs: 3 } } };
export default function () {
  console.log(exec.scenario.iterationInTest);
}
