import http from 'k6/http';

export default function () {
  const res = http.get('http://127.0.0.1:1/');
  console.log(res.status, res.error, res.error_code, res.body);
}
