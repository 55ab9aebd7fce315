import { WebSocket } from 'k6/websockets';

const tell = (f) => {
  try {
    f();
  } catch (e) {
    console.log(e.message);
  }
};
export default function () {
  tell(() => new WebSocket());
  tell(() => new WebSocket('http://x/'));
  tell(() => new WebSocket('ws://x/#f'));
  tell(() => new WebSocket('ws://x/', null, { foo: 1 }));
  const ws = new WebSocket(`${__ENV.WS}/echo`);
  ws.addEventListener('zzz', () => {});
  ws.onopen = () => {
    try {
      ws.close(1001);
    } catch (e) {
      console.log(String(e).includes('InvalidAccessError'));
    }
    ws.close(1000);
  };
}
