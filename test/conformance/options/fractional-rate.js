export const options = { scenarios: { a: { executor: 'constant-arrival-rate', rate: 1.5, duration: '1s', preAllocatedVUs: 1 } } };
export default function () {}
