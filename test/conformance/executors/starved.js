import { sleep } from 'k6';

export const options = { scenarios: { a: { executor: 'constant-arrival-rate', rate: 4, duration: '1240ms', preAllocatedVUs: 1, gracefulStop: '5s' } } };
export default function () {
  sleep(2);
}
