import http from 'k6/http';

export default function () {
  const res = http.get('http://[bad/');
  console.log(res.status, res.error, res.error_code);
}
