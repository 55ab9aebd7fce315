export const options = { vus: 3, duration: '30s', thresholds: { checks: ['rate>0.9'] } };
export default function () {}
