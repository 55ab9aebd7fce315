import http from 'k6/http';

export const options = { summaryTrendStats: ['avg', 'p(99.9)', 'count'], summaryTimeUnit: 'us' };
export default function () {
  http.get(`${__ENV.HTTP}/x`);
}
