import { Counter } from 'k6/metrics';

new Counter('cc').add(1);
export default function () {}
