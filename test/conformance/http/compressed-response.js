import http from 'k6/http';

export default function () {
  for (const coding of ['gzip', 'deflate', 'br', 'gzip+br']) {
    const res = http.get(`${__ENV.HTTP}/coded/${coding}`);
    console.log(res.body, res.headers['Content-Encoding']);
  }
}
