export const options = { scenarios: { a: { executor: 'shared-iterations', vus: 3, iterations: 9 } } };
export default function () {}
