import http from 'k6/http';

export const options = { userAgent: 'tester/1' };
export default function () {
  console.log(http.get(`${__ENV.HTTP}/echo`).json('headers.user-agent'));
  console.log(http.get(`${__ENV.HTTP}/echo`, { headers: { 'User-Agent': 'own', Host: 'other.test' } }).json('headers.host'));
}
