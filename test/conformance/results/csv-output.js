import http from 'k6/http';

export const options = { tags: { run: 'r' } };
export default function () {
  http.get(`${__ENV.HTTP}/x`);
}
