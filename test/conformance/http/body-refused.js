import http from 'k6/http';

export default function () {
  for (const body of [7, [1, 2], true]) {
    const res = http.post(`${__ENV.HTTP}/b`, body);
    console.log(res.status, res.error.replace(/(type).*/, '$1'), res.body);
  }
}
