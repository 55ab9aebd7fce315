import { sleep } from 'k6';

export const options = {
  scenarios: { a: { executor: 'ramping-vus', startVUs: 0, stages: [{ target: 2, duration: '0s' }, { target: 2, duration: '300ms' }, { target: 0, duration: '0s' }, { target: 0, duration: '700ms' }], gracefulRampDown: '0s' } },
};
export default function () {
  console.log('started');
  sleep(30);
}
