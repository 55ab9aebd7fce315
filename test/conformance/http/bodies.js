import http from 'k6/http';

export default function () {
  const url = `${__ENV.HTTP}/b`;
  http.post(url, 'text');
  http.post(url, { b: '2', a: [1, 2], c: null, d: true });
  http.post(url, { 'a b': 'ü&=' });
  http.post(url, { a: 'x' }, { headers: { 'Content-Type': 'x/y' } });
  http.post(url, new Uint8Array([1, 2, 255]).buffer);
  http.post(url, new Uint8Array([200, 201]));
  http.post(url, JSON.stringify({ a: 1 }), { headers: { 'Content-Type': 'application/json' } });
}
