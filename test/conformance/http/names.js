import http from 'k6/http';

export default function () {
  http.get(http.url`${__ENV.HTTP}/items/${7}`);
  http.get(`${__ENV.HTTP}/x`, { tags: { name: 'mine', kind: 'api', n: 1, on: true } });
}
