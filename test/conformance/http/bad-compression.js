import http from 'k6/http';

export default function () {
  const res = http.get(`${__ENV.HTTP}/badly-coded`);
  console.log(res.status, res.error_code);
}
