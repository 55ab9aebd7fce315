export const options = { scenarios: { a: { executor: 'constant-vus', duration: '1s', foo: 1 } } };
export default function () {}
