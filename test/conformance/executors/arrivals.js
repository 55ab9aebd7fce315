import exec from 'k6/execution';

export const options = { scenarios: { a: { executor: 'constant-arrival-rate', rate: 4, duration: '1240ms', preAllocatedVUs: 3 } } };
export default function () {
  console.log(exec.scenario.iterationInTest);
}
