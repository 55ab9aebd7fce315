import exec from 'k6/execution';

let kept = 0;
export const options = {
  scenarios: {
    a: { executor: 'per-vu-iterations', maxDuration: '1s', gracefulStop: '0s' },
    b: { executor: 'per-vu-iterations', startTime: '1s' },
  },
};
export default function () {
  console.log(exec.scenario.name, __ITER, kept++, __ENV.MINE, exec.vu.metrics.tags.mine);
  __ENV.MINE = 'changed';
  exec.vu.metrics.tags.mine = 'tag';
}
