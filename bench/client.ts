/**
 * Raw clients to compare with, a program of its own: what the same work costs on the same libraries
 * without virtual users, scripts and metrics.
 *
 *   client.js undici URL CONNECTIONS MS     GETs, two checks each
 *   client.js held URL CONNECTIONS MS       GETs, latencies; prints {"p50":…,"p99":…}
 *   client.js echo URL CONNECTIONS MS       WebSocket messages back and forth
 *   client.js idle URL CONNECTIONS MS       WebSockets that do nothing
 *   client.js beat URL/EVERY CONNECTIONS MS WARM   GETs, each connection one in EVERY ms; in the first WARM
 *                                           ms they go to /, then each schedule begins anew
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { Client, Pool } from 'undici';
import WebSocket from 'ws';

const [mode, url = '', connectionsText, msText, warmText] = process.argv.slice(2);
const connections = Number(connectionsText);
const ms = Number(msText);

/** Keeps every connection busy until the time is over; returns the latencies in milliseconds. */
async function requests(): Promise<number[]> {
  const { origin, pathname } = new URL(url);
  const pool = new Pool(origin, { connections, pipelining: 1 });
  const latencies: number[] = [];
  const stopAt = performance.now() + ms;
  const one = async (): Promise<void> => {
    for (;;) {
      const from = performance.now();
      if (from >= stopAt) return;
      const response = await pool.request({ path: pathname, method: 'GET' });
      const body = await response.body.text();
      if (mode === 'held') latencies.push(performance.now() - from);
      if (response.statusCode !== 200 || body.length !== 128) throw new Error('a bad answer');
    }
  };
  await Promise.all(Array.from({ length: connections }, one));
  await pool.close();
  return latencies.sort((a, b) => a - b);
}

/** Keeps to a schedule: who is late makes up for it, as the scripts do. */
async function beats(): Promise<void> {
  const { origin, pathname } = new URL(url);
  const every = Number(pathname.split('/').at(-1));
  const warmUntil = performance.now() + Number(warmText);
  const one = async (_: unknown, place: number): Promise<void> => {
    const client = new Client(origin);
    const keep = async (path: string, until: number): Promise<void> => {
      let next = performance.now() + (every * place) / connections;
      while (performance.now() < until) {
        next += every;
        await sleep(Math.max(0, next - performance.now()));
        const response = await client.request({ path, method: 'GET' });
        if ((await response.body.text()).length !== 128) throw new Error('a bad answer');
      }
    };
    await keep('/', warmUntil);
    await keep(pathname, warmUntil + ms);
    await client.close();
  };
  await Promise.all(Array.from({ length: connections }, one));
}

function sockets(isEcho: boolean): void {
  const text = 'x'.repeat(100);
  for (let i = 0; i < connections; i++) {
    const socket = new WebSocket(url, { perMessageDeflate: false });
    socket.on('open', () => {
      if (isEcho) socket.send(text);
      setTimeout(() => socket.close(), ms);
    });
    if (isEcho) {
      socket.on('message', () => {
        if (socket.readyState === WebSocket.OPEN) socket.send(text);
      });
    }
  }
}

switch (mode) {
  case 'undici':
    await requests();
    break;
  case 'held': {
    const sorted = await requests();
    const at = (q: number): number => sorted[Math.ceil(q * sorted.length) - 1] ?? Number.NaN;
    process.stdout.write(JSON.stringify({ p50: at(0.5), p99: at(0.99) }));
    break;
  }
  case 'echo':
    sockets(true);
    break;
  case 'idle':
    sockets(false);
    break;
  case 'beat':
    await beats();
    break;
  default:
    throw new Error(`client.js knows undici, held, echo, idle and beat, not '${mode}'`);
}
