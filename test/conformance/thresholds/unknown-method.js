export const options = { thresholds: { http_req_duration: ['foo(95)<5'] } };
export default function () {}
