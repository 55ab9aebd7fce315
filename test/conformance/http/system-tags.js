import http from 'k6/http';

export const options = { systemTags: ['status', 'vu', 'iter', 'ip'], tags: { run: 'r' }, iterations: 2 };
export default function () {
  http.get(`${__ENV.HTTP}/s`);
}
