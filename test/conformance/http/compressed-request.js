import http from 'k6/http';

export default function () {
  http.post(`${__ENV.HTTP}/c`, 'plain', { compression: 'gzip' });
  http.post(`${__ENV.HTTP}/c`, 'plain', { compression: 'deflate' });
  http.post(`${__ENV.HTTP}/c`, 'plain', { compression: 'gzip, br' });
  try {
    http.post(`${__ENV.HTTP}/c`, 'plain', { compression: 'lzma', throw: true });
  } catch (e) {
    console.log(e.message.includes('unknown compression algorithm lzma, supported algorithms are'));
  }
}
