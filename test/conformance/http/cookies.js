import http from 'k6/http';

export const options = { iterations: 2 };
export default function () {
  http.get(`${__ENV.HTTP}/first`);
  const res = http.get(`${__ENV.HTTP}/cookie/sid`);
  const [{ name, value, path, http_only, secure, max_age }] = res.cookies.sid;
  console.log(name, value, path, http_only, secure, max_age);
  http.get(`${__ENV.HTTP}/second`);
}
