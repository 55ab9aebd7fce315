import http from 'k6/http';

export const options = { iterations: 2 };
export default function () {
  const opened = [1, 2].map(() => http.get(`${__ENV.HTTP}/x`).timings.connecting > 0);
  console.log(opened.join());
}
