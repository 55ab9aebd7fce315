import http from 'k6/http';

http.batch([__ENV.HTTP]);
export default function () {}
