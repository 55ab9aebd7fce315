import http from 'k6/http';

export const options = { iterations: 2, noCookiesReset: true };
export default function () {
  http.get(`${__ENV.HTTP}/first`);
  http.get(`${__ENV.HTTP}/cookie/sid`);
}
