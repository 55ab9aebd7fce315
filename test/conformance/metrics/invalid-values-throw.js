import { Counter } from 'k6/metrics';

const c = new Counter('cc');
export const options = { throw: true };
export default function () {
  try {
    c.add(null);
  } catch (e) {
    console.log(e.message);
  }
}
