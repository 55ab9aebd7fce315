import http from 'k6/http';

export const options = { insecureSkipTLSVerify: true, tlsVersion: { min: 'tls1.2', max: http.TLS_1_2 } };
export default function () {
  console.log(http.get(`${__ENV.HTTPS}/s`).tls_version);
}
