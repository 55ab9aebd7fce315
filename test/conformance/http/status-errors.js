import http from 'k6/http';

export default function () {
  for (const status of [404, 503, 304, 204]) {
    const res = http.get(`${__ENV.HTTP}/status/${status}`);
    console.log(res.status, JSON.stringify(res.error), res.error_code, res.body);
  }
}
