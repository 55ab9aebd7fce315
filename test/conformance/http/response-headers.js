import http from 'k6/http';

export default function () {
  const { headers } = http.get(`${__ENV.HTTP}/headers`);
  console.log(headers['Content-Type'], '|', headers['X-Abc-Def'], '|', headers['x-abc-def']);
}
