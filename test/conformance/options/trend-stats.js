export const options = { summaryTrendStats: ['avg', 'nope'] };
export default function () {}
