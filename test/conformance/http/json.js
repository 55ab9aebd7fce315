import http from 'k6/http';

export default function () {
  const res = http.get(`${__ENV.HTTP}/json`);
  console.log(res.json('a.b.1.c'), res.json('a.b.0'), res.json('items.#'), JSON.stringify(res.json('items.#.n')));
  console.log(res.json('x\\.y'), res.json('none'), res.json('missing.path'), res.json().items.length);
  console.log(res.json('items.#(n==2).n'));
}
