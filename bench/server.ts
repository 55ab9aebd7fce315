/**
 * The target of the benches, a program of its own: it answers, holds back, echoes and counts. It says its
 * port on stdout and ends with its stdin.
 *
 *   /         128 bytes        /held    128 bytes after a delay by a fixed schedule
 *   /counts   what it counted  any upgrade: a WebSocket that echoes
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { WebSocketServer } from 'ws';
import type { ServerCounts } from './lab.ts';

const body = 'x'.repeat(128);

/** Delays of an exponential tail, 5 ms and up, dealt in an order that has no trend. */
const schedule = Array.from({ length: 997 }, (_, i) => {
  const rank = ((i * 389) % 997) / 997;
  return 5 - 15 * Math.log(1 - rank);
});

let counts = fresh();
let held: number[] = [];
let turn = 0;

function fresh(): Omit<ServerCounts, 'held'> {
  return { requests: 0, messages: 0, sessions: 0, firstSessionMs: 0, lastSessionMs: 0 };
}

function quantile(sorted: readonly number[], q: number): number {
  return sorted[Math.max(0, Math.ceil(q * sorted.length) - 1)] ?? Number.NaN;
}

const server = createServer({ keepAliveTimeout: 600_000 }, (request, response) => {
  switch (request.url) {
    case '/counts':
    case '/counts?reset': {
      const sorted = held.toSorted((a, b) => a - b);
      const answer: ServerCounts = {
        ...counts,
        held: { count: sorted.length, p50: quantile(sorted, 0.5), p99: quantile(sorted, 0.99) },
      };
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify(answer));
      if (request.url.endsWith('reset')) {
        counts = fresh();
        held = [];
        turn = 0;
      }
      break;
    }
    case '/held': {
      const from = performance.now();
      setTimeout(
        () => {
          response.end(body);
          held.push(performance.now() - from);
        },
        schedule[turn++ % schedule.length],
      );
      break;
    }
    default:
      counts.requests++;
      response.setHeader('content-type', 'text/plain');
      response.end(body);
  }
});

new WebSocketServer({ server, perMessageDeflate: false }).on('connection', (socket) => {
  const now = performance.now();
  if (counts.sessions++ === 0) counts.firstSessionMs = now;
  counts.lastSessionMs = now;
  socket.on('error', () => undefined);
  socket.on('message', (data, isBinary) => {
    counts.messages++;
    socket.send(data, { binary: isBinary });
  });
});

server.listen(0, '127.0.0.1', 4_096, () => {
  process.stdout.write(`${(server.address() as AddressInfo).port}\n`);
});
process.stdin.resume().on('end', () => process.exit(0));
