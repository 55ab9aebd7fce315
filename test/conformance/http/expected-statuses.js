import http from 'k6/http';

export const options = { iterations: 2 };
export default function () {
  const at = (path, params) => http.get(`${__ENV.HTTP}/status/${path}`, params);
  if (__ITER === 0) {
    at(404, { responseCallback: http.expectedStatuses(404, { min: 500, max: 502 }) });
    at(200, { responseCallback: http.expectedStatuses({ min: 500, max: 502 }) });
    at(404, { responseCallback: null });
    http.setResponseCallback(http.expectedStatuses(404));
  }
  at(404);
}
