import http from 'k6/http';

export default function () {
  const res = http.get(`${__ENV.HTTP.replace('://', '://ada:pw@')}/basic`);
  console.log(res.status);
}
