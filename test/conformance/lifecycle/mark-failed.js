import exec from 'k6/execution';

export const options = { iterations: 2 };
export default function () {
  if (__ITER === 0) exec.test.fail('marked');
  console.log('ran', __ITER);
}
