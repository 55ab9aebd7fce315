import http from 'k6/http';

export default function () {
  const res = http.get(`${__ENV.HTTP.replace('http:', 'https:')}/s`);
  console.log(res.status, res.error_code);
}
