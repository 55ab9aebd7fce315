export const options = { scenarios: { a: { executor: 'per-vu-iterations', exec: 'zed' } } };
export default function () {}
