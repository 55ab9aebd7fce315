import { Rate, Trend } from 'k6/metrics';

new Rate('rr');
new Trend('tt');
export const options = { thresholds: { rr: ['rate>0.9'], tt: ['p(95)<10'] } };
export default function () {}
