import { sleep } from 'k6';

export const options = {
  scenarios: {
    cut: { executor: 'constant-vus', vus: 1, duration: '1s', gracefulStop: '0s' },
    late: { executor: 'constant-vus', vus: 1, duration: '1s', gracefulStop: '10s' },
  },
};
export default function () {
  sleep(1.5);
}
