let started = 0;
if (__VU > 0) console.log('init', __VU);
export const options = { scenarios: { a: { executor: 'per-vu-iterations', vus: 2, iterations: 2 } } };
export default function () {
  started++;
  if (__ITER === 1) console.log('its own', started);
}
