import exec from 'k6/execution';

export const options = {
  scenarios: {
    a: { executor: 'per-vu-iterations', maxDuration: 90000, gracefulStop: '1m30s' },
    b: { executor: 'per-vu-iterations', maxDuration: '1d2h', startTime: '0.01s', exec: 'other' },
  },
};
export default function () {
  const { a, b } = exec.test.options.scenarios;
  console.log(a.maxDuration, a.gracefulStop, b.maxDuration, b.startTime);
}
export function other() {}
