import http from 'k6/http';

export const options = { blacklistIPs: ['127.0.0.0/8'], blockHostnames: ['*.blocked.test'] };
export default function () {
  for (const url of [__ENV.HTTP, 'http://a.BLOCKED.test/']) {
    const res = http.get(url);
    console.log(res.status, res.error, res.error_code);
  }
}
