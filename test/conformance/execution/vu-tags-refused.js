import exec from 'k6/execution';

export const options = { throw: true };
export default function () {
  try {
    exec.vu.metrics.tags.bad = {};
  } catch (e) {
    console.log('refused');
  }
}
