import { Blob, WebSocket } from 'k6/websockets';

export default function () {
  const ws = new WebSocket(`${__ENV.WS}/echo`, null, { tags: { kind: 'k' }, headers: { 'X-Test': 'h' } });
  console.log(ws.readyState, ws.binaryType, ws.url);
  try {
    ws.send('too early');
  } catch (e) {
    console.log(String(e).includes('InvalidStateError'));
  }
  ws.onopen = (e) => {
    console.log(e.type, e.target === ws, e.timestamp > 1e12, ws.readyState);
    ws.send('hello');
  };
  ws.addEventListener('message', (e) => {
    if (typeof e.data === 'string') {
      console.log(e.data, e.origin);
      ws.send(new Uint8Array([1, 2]));
      return;
    }
    e.data.arrayBuffer().then((buffer) => {
      console.log(e.data instanceof Blob, e.data.size, new Uint8Array(buffer).join());
      ws.close(3000, 'done');
    });
  });
  ws.onclose = (e) => console.log(e.type, e.code, e.reason, ws.readyState);
}
