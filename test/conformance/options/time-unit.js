export const options = { summaryTimeUnit: 'h' };
export default function () {}
