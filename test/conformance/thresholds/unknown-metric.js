export const options = { thresholds: { nonexist: ['count<5'] } };
export default function () {}
