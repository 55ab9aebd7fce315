import { WebSocket } from 'k6/experimental/websockets';

export default function () {
  console.log(typeof WebSocket);
}
