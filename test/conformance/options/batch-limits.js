import http from 'k6/http';

export const options = { batch: 1 };
export default function () {
  const start = Date.now();
  http.batch([`${__ENV.HTTP}/delay/60`, `${__ENV.HTTP}/delay/60`, `${__ENV.HTTP}/delay/60`]);
  console.log(Date.now() - start >= 175);
}
