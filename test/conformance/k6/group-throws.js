import { group } from 'k6';
import { Counter } from 'k6/metrics';

const after = new Counter('after');
export default function () {
  try {
    group('g', () => {
      throw new Error('inside');
    });
  } catch (e) {
    console.log(e.message);
  }
  after.add(1);
}
