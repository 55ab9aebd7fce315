import { sleep } from 'k6';

export default function () {
  console.log('started');
  sleep(30);
  console.log('never');
}
export function teardown() {
  console.log('teardown');
}
