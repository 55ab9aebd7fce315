import { Counter } from 'k6/metrics';

const c = new Counter('cc');
export const options = { tags: { a: 'script' } };
export default function () {
  c.add(1);
}
