import { WebSocket } from 'k6/websockets';

export default function () {
  const ws = new WebSocket(`${__ENV.WS}/refuse/403`);
  ws.onerror = (e) => console.log(e.type, e.error);
  ws.onclose = (e) => console.log(e.type);
}
