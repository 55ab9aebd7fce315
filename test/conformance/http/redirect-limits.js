import http from 'k6/http';

export const options = { maxRedirects: 1 };
export default function () {
  console.log(http.get(`${__ENV.HTTP}/redirect/3`).status);
  console.log(http.get(`${__ENV.HTTP}/redirect/3`, { redirects: 1 }).status);
  console.log(http.get(`${__ENV.HTTP}/redirect/3`, { redirects: 0 }).headers.Location);
}
