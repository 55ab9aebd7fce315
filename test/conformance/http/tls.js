import http from 'k6/http';

export const options = { insecureSkipTLSVerify: true };
export default function () {
  const res = http.get(`${__ENV.HTTPS}/s`);
  console.log(res.status, res.tls_version, res.tls_cipher_suite.startsWith('TLS_'), res.timings.tls_handshaking > 0);
}
