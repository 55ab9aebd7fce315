import http from 'k6/http';

export default function () {
  for (const path of ['hangup', 'reset']) {
    const res = http.post(`${__ENV.HTTP}/${path}`, 'x');
    console.log(res.status, res.error_code, res.error);
  }
}
