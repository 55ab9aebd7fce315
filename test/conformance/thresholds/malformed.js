export const options = { thresholds: { http_req_duration: ['p(95)<'] } };
export default function () {}
