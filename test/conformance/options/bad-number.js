export const options = { vus: 'x' };
export default function () {}
