import http from 'k6/http';

export default function () {
  const res = http.get(`${__ENV.HTTPS}/s`);
  console.log(res.status, res.error, res.error_code);
}
