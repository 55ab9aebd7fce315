export const options = { scenarios: { a: { executor: 'per-vu-iterations', vus: 2, iterations: 2 } } };
export default function () {
  console.log(__VU, __ITER);
}
