import { Counter } from 'k6/metrics';

const c = new Counter('cc');
export default function () {
  console.log(c.add(NaN), c.add(null), c.add('x'), c.add());
  for (const tags of [{ a: {} }, { a: [] }]) {
    try {
      c.add(1, tags);
    } catch (e) {
      console.log(e.message.replace(/(metric:).*/, '$1'));
    }
  }
}
