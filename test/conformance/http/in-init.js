import http from 'k6/http';

http.get(__ENV.HTTP);
export default function () {}
