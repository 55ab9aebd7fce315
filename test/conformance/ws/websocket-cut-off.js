import { WebSocket } from 'k6/websockets';

export const options = { scenarios: { a: { executor: 'constant-vus', vus: 1, duration: '1s', gracefulStop: '0s' } } };
export default function () {
  const ws = new WebSocket(`${__ENV.WS}/quiet`);
  ws.onopen = () => ws.send('open');
}
