import http from 'k6/http';

export default function () {
  console.log(http.get(`${__ENV.HTTP}/redirect/12`).url);
}
