import { sleep } from 'k6';

export const options = {
  scenarios: { a: { executor: 'ramping-vus', startVUs: 2, stages: [{ target: 2, duration: '200ms' }, { target: 0, duration: '0s' }], gracefulRampDown: '10s', gracefulStop: '10s' } },
};
export default function () {
  sleep(0.5);
  console.log('finished', __ITER);
}
