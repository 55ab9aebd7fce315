import http from 'k6/http';

export default function () {
  http.get(`${__ENV.HTTP}/cookies?a=jar`);
  http.get(`${__ENV.HTTP}/both`, { cookies: { a: 'mine' } });
  http.get(`${__ENV.HTTP}/mine`, { cookies: { a: { value: 'mine', replace: true } } });
  http.get(`${__ENV.HTTP}/other`, { cookies: { b: 'x' } });
  http.get(`${__ENV.HTTP}/after`);
}
