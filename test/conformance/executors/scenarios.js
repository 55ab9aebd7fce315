import exec from 'k6/execution';

export const options = {
  scenarios: {
    first: { executor: 'per-vu-iterations', exec: 'one', env: { WHO: 'ada' }, tags: { kind: 'x' } },
    second: { executor: 'per-vu-iterations', exec: 'two', startTime: '300ms' },
  },
};
export function one() {
  console.log('one', exec.scenario.name, __ENV.WHO);
}
export function two() {
  console.log('two', exec.scenario.name, __ENV.WHO);
}
