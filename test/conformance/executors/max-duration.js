import { sleep } from 'k6';

export const options = {
  scenarios: {
    a: { executor: 'shared-iterations', vus: 1, iterations: 5, maxDuration: '1s', gracefulStop: '5s', tags: { of: 'a' } },
    b: { executor: 'per-vu-iterations', vus: 1, iterations: 4, maxDuration: '1s', gracefulStop: '0s' },
  },
};
export default function () {
  sleep(1.4);
}
