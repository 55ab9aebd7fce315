import exec from 'k6/execution';

export const options = {
  scenarios: {
    a: { executor: 'per-vu-iterations', iterations: 2, maxDuration: '1s', gracefulStop: '0s' },
    b: { executor: 'per-vu-iterations', startTime: '1s', tags: { of: 'b' } },
  },
};
export default function () {
  const { idInInstance, idInTest, iterationInInstance, iterationInScenario, tags } = exec.vu;
  console.log(exec.scenario.name, idInInstance, idInTest, iterationInInstance === __ITER, iterationInScenario, tags.of, tags.scenario);
}
