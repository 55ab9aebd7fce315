/**
 * A WebSocket by hand: send, wait for answers, ping, close. Works with any server that echoes.
 *
 *   vurun run examples/websocket-echo.ts -e ECHO=wss://echo.example.com
 */
import { check, fail, type Options, Trend, WebSocket } from 'vurun';

const url = __ENV.ECHO ?? fail('ECHO is not set: add -e ECHO=ws://… of a server that echoes');
const roundTrip = new Trend('echo_round_trip', true);
const pong = new Trend('pong_round_trip', true);

export const options: Options = {
  vus: 5,
  iterations: 10,
  thresholds: { echo_round_trip: ['p(95)<500'] },
};

export default async function (): Promise<void> {
  const ws = new WebSocket(url, { timeout: '5s', tags: { kind: 'echo' } });
  await ws.opened;
  ws.onpong = (event) => pong.add(event.roundTrip ?? 0);
  ws.ping();

  for (let n = 1; n <= 5; n++) {
    const sentAt = performance.now();
    ws.sendJson({ n, vu: __VU });
    const answer = await ws.nextJson<{ n: number }>((m) => m.n === n, { timeout: '2s' });
    roundTrip.add(performance.now() - sentAt);
    check(answer, { 'the number comes back': (m) => m.n === n });
  }

  ws.send(new Uint8Array([1, 2, 3]));
  const bytes = await ws.next((data) => data instanceof ArrayBuffer, { timeout: '2s' });
  check(bytes, { 'bytes come back': (b) => b instanceof ArrayBuffer && b.byteLength === 3 });

  ws.close(1000, 'done');
  check(await ws.closed, { 'both sides close cleanly': ({ code }) => code === 1000 });
}
