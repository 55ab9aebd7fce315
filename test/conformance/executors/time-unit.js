export const options = { scenarios: { a: { executor: 'constant-arrival-rate', rate: 120, timeUnit: '1m', duration: '1300ms', preAllocatedVUs: 2 } } };
export default function () {
  console.log('ran');
}
