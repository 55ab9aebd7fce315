import http from 'k6/http';

export default function () {
  console.log(http.post(`${__ENV.HTTP}/echo`, 'abc', { headers: { 'Content-Length': '99' } }).json('headers.content-length'));
}
