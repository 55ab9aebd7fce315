import http from 'k6/http';

export const options = { throw: true };
export default function () {
  console.log(http.get('http://127.0.0.1:1/', { throw: false }).error_code);
  console.log(http.get(`${__ENV.HTTP}/status/500`).status);
  try {
    http.get('http://127.0.0.1:1/');
  } catch (e) {
    console.log(e.toString().includes('connection refused'), e.name);
  }
  http.get('http://127.0.0.1:1/');
  console.log('never');
}
