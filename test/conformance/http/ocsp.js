import http from 'k6/http';

export default function () {
  console.log(Object.keys(http.get(`${__ENV.HTTP}/`).ocsp).sort().join());
}
