export const options = { thresholds: { 'http_req_duration{a:b': ['max<5'] } };
export default function () {}
