import http from 'k6/http';
import ws from 'k6/ws';

export default function () {
  http.get(`${__ENV.HTTP}/cookie/sid`);
  ws.connect(`${__ENV.WS}/normal`, {}, () => {});
  const jar = new http.CookieJar();
  jar.set(__ENV.HTTP, 'own', '1');
  ws.connect(`${__ENV.WS}/normal`, { jar }, () => {});
}
