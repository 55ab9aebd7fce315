export const options = { scenarios: { a: { executor: 'externally-controlled', vus: 1, maxVUs: 1, duration: '1s' } } };
export default function () {}
