import http from 'k6/http';

export default function () {
  const res = http.get(`${__ENV.HTTP}/get?a=1`, { headers: { 'X-Test': 7 } });
  console.log(res.status, res.status_text, res.proto, res.body, res.url);
  console.log(JSON.stringify([res.error, res.error_code, res.remote_ip, typeof res.remote_port]));
  console.log(JSON.stringify(res.request.method), res.request.url, JSON.stringify(res.request.headers));
}
