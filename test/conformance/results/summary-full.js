import http from 'k6/http';
import { group } from 'k6';

export const options = { scenarios: { mine: { executor: 'per-vu-iterations' } } };
export default function () {
  group('front', () => group('nested', () => http.get(`${__ENV.HTTP}/x`)));
}
