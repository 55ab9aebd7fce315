import exec from 'k6/execution';

export const options = { iterations: 3 };
export default function () {
  if (__ITER === 1) exec.test.abort('my reason');
  console.log('ran', __ITER);
}
export function teardown() {
  console.log('teardown');
}
