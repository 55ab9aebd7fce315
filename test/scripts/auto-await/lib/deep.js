import http from 'k6/http';
export const get = (p) => http.get(__ENV.BASE + 'deep' + p).body;
