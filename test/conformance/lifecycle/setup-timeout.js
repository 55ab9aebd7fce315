import { sleep } from 'k6';

export const options = { setupTimeout: '200ms' };
export function setup() {
  sleep(20);
}
export default function () {
  console.log('never');
}
