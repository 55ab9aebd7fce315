import http from 'k6/http';

export const options = { hosts: { 'shop.test': __ENV.HTTP.slice(7), '*.wild.test:80': __ENV.HTTP.slice(7) } };
export default function () {
  console.log(http.get('http://shop.test/echo').json('headers.host'), http.get('http://a.wild.test/echo').status);
}
