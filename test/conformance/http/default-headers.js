import http from 'k6/http';

export default function () {
  const seen = http.post(`${__ENV.HTTP}/echo`, 'abc').json('headers');
  console.log(Object.keys(seen).sort().join(), seen['content-length']);
  console.log(seen['user-agent']);
}
