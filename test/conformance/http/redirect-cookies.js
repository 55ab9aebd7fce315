import http from 'k6/http';

export default function () {
  const res = http.get(`${__ENV.HTTP}/redirect/0`, { cookies: { mine: '1' } });
  console.log(res.request.cookies.mine[0].value, Object.keys(res.cookies).length);
}
