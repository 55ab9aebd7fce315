import http from 'k6/http';

export default function () {
  for (const timeout of [60, '60ms']) {
    const res = http.get(`${__ENV.HTTP}/delay/3000`, { timeout });
    console.log(res.status, res.error, res.error_code, res.body);
  }
  const cut = http.get(`${__ENV.HTTP}/partial`, { timeout: '700ms' });
  console.log(cut.status, cut.error, cut.error_code, cut.body);
}
