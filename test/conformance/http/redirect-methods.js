import http from 'k6/http';

export default function () {
  for (const status of [301, 302, 303, 307, 308]) {
    http.post(`${__ENV.HTTP}/redirect/0?status=${status}`, 'body', { headers: { 'Content-Type': 'a/b' } });
  }
}
