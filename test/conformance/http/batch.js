import http from 'k6/http';

export default function () {
  const url = `${__ENV.HTTP}`;
  const list = http.batch([
    `${url}/a`,
    ['POST', `${url}/b`, 'body', { headers: { 'X-Test': 'b' } }],
    { method: 'put', url: `${url}/c`, body: { k: 'v' } },
    { url: `${url}/status/404`, params: { tags: { kind: 'odd' } } },
    http.url`${url}/e`,
  ]);
  console.log(list.map((res) => res.status).join(), Array.isArray(list));
  const named = http.batch({ one: `${url}/one`, two: { method: 'GET', url: 'http://127.0.0.1:1/', body: 'x' } });
  console.log(Object.keys(named).sort().join(), named.one.body, named.two.error_code);
  console.log(http.batch([]).length);
}
