export const options = {
  scenarios: {
    a: { executor: 'constant-vus', vus: 0, duration: '10ms', exec: 'zed' },
    'b c': { executor: 'shared-iterations', vus: 5, iterations: 1 },
    c: { executor: 'constant-arrival-rate' },
    d: { executor: 'ramping-vus', stages: [] },
    e: { executor: 'ramping-arrival-rate', stages: [{ target: -1 }] },
    f: { executor: 'per-vu-iterations', exec: '', startTime: '-1s', gracefulStop: '-1s', iterations: 0, maxDuration: '1ms' },
  },
};
export default function () {}
