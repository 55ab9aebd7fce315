import http from 'k6/http';

export default function () {
  const url = `${__ENV.HTTP}/bytes`;
  const bytes = http.get(url, { responseType: 'binary' }).body;
  console.log(bytes instanceof ArrayBuffer, [...new Uint8Array(bytes)].join());
  console.log(http.get(url, { responseType: 'none' }).body);
  console.log(typeof http.get(url, { responseType: 'text' }).body, typeof http.get(url).body);
}
