import http from 'k6/http';

export default function () {
  http.post(`${__ENV.HTTP}/f`, { f: http.file('data', 'n.txt', 'text/plain') });
  const file = http.file('x');
  console.log(Object.keys(file).sort().join(), file.content_type, /^\d+$/.test(file.filename));
  const both = http.post(`${__ENV.HTTP}/echo`, { f: http.file(new Uint8Array([65]).buffer), plain: 'p' });
  const body = both.json('body');
  console.log(body.includes('name="plain"\r\n\r\np\r\n'), body.includes('application/octet-stream\r\n\r\nA\r\n'));
  try {
    http.file(7);
  } catch (e) {
    console.log(e.message);
  }
}
