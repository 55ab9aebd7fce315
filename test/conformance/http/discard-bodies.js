import http from 'k6/http';

export const options = { discardResponseBodies: true };
export default function () {
  console.log(http.get(`${__ENV.HTTP}/x`).body, http.get(`${__ENV.HTTP}/x`, { responseType: 'text' }).body);
}
