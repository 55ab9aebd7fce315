import http from 'k6/http';

export default function () {
  const res = http.get(`${__ENV.HTTP}/redirect/1`, { headers: { 'X-Test': 'kept' } });
  console.log(res.status, res.url, res.request.url);
}
