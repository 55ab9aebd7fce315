import { WebSocket } from 'k6/websockets';

export default function () {
  const ws = new WebSocket(`${__ENV.WS}/bytes`, ['graphql-ws']);
  ws.binaryType = 'arraybuffer';
  try {
    ws.binaryType = 'nodebuffer';
  } catch (e) {
    console.log('refused');
  }
  ws.onmessage = (e) => {
    console.log(e.data instanceof ArrayBuffer, ws.protocol);
    ws.ping();
  };
  ws.onpong = () => {
    console.log('pong');
    ws.close();
  };
}
