import ws from 'k6/ws';

export default function () {
  const res = ws.connect(`${__ENV.WS}/refuse/403`, () => console.log('never'));
  console.log(res.status, JSON.stringify(res.url), res.headers['X-Why']);
  const none = ws.connect('ws://127.0.0.1:1/', null, () => console.log('never'));
  console.log(none.status, none.error);
}
