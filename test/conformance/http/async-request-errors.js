import http from 'k6/http';

export default async function () {
  console.log((await http.asyncRequest('GET', 'http://127.0.0.1:1/')).error_code);
  await http.asyncRequest('GET', 'http://127.0.0.1:1/', null, { throw: true }).catch((e) => console.log(String(e).includes('connection refused')));
}
