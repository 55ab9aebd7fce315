import http from 'k6/http';

export const options = { rps: 20 };
export default function () {
  const start = Date.now();
  for (let n = 0; n < 4; n++) http.get(`${__ENV.HTTP}/x`);
  console.log(Date.now() - start >= 145);
}
