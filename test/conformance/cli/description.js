export const options = {
  scenarios: {
    cv: { executor: 'constant-vus', vus: 1, duration: '1s', gracefulStop: '1s' },
    si: { executor: 'shared-iterations', vus: 2, iterations: 10, maxDuration: '2s' },
    pv: { executor: 'per-vu-iterations', vus: 2, iterations: 3, maxDuration: '2s' },
  },
};
export default function () {
  const until = Date.now() + 20;
  while (Date.now() < until);
}
