import http from 'k6/http';

export const options = { noConnectionReuse: true };
export default function () {
  console.log([1, 2].map(() => http.get(`${__ENV.HTTP}/x`).timings.connecting > 0).join());
}
