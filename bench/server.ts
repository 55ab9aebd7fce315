/**
 * The target of the benches, a program of its own: it answers, holds back, echoes and counts. It says its
 * port on stdout and ends with its stdin.
 *
 *   /         128 bytes        /held    128 bytes after a delay by a fixed schedule
 *   /counts   what it counted  any upgrade: a WebSocket that echoes
 *   /grid/MS, /gap/MS          128 bytes; a beat of its connection, whose lateness is noted
 */
import { createServer } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { WebSocketServer } from 'ws';
import type { ServerCounts } from './lab.ts';

const body = 'x'.repeat(128);

/** Delays of an exponential tail, 5 ms and up, dealt in an order that has no trend. */
const schedule = Array.from({ length: 997 }, (_, i) => {
  const rank = ((i * 389) % 997) / 997;
  return 5 - 15 * Math.log(1 - rank);
});

/** The beats of one connection. */
interface Pulse {
  count: number;
  lastAt: number;
  /** Where its schedule would have begun if the least late of its beats was in time. */
  origin: number;
  /** When its schedule would have begun if this beat was in time, of all since the last reset. */
  origins: number[];
}

let counts = fresh();
let held: number[] = [];
let turn = 0;
let gaps: number[] = [];
const pulses = new Map<Socket, Pulse>();

function fresh(): Omit<ServerCounts, 'held' | 'late'> {
  return { requests: 0, messages: 0, sessions: 0, firstSessionMs: 0, lastSessionMs: 0 };
}

function spread(values: readonly number[]): ServerCounts['held'] {
  const sorted = values.toSorted((a, b) => a - b);
  return { count: sorted.length, p50: quantile(sorted, 0.5), p99: quantile(sorted, 0.99) };
}

/**
 * Notes a beat. On a grid the n-th of a connection is due n times the interval after its first, however
 * late those between them were; a gap begins with the beat before.
 */
function beat(socket: Socket, kind: string, every: number): void {
  const now = performance.now();
  let pulse = pulses.get(socket);
  if (pulse === undefined) {
    pulses.set(socket, (pulse = { count: 0, lastAt: Number.NaN, origin: now, origins: [] }));
    socket.on('close', () => pulses.delete(socket));
  }
  if (kind === 'grid') {
    const origin = now - pulse.count * every;
    pulse.origin = Math.min(pulse.origin, origin);
    pulse.origins.push(origin);
  } else if (pulse.count > 0) gaps.push(now - pulse.lastAt - every);
  pulse.count++;
  pulse.lastAt = now;
}

function lateness(): number[] {
  const late = [...gaps];
  for (const { origin, origins } of pulses.values()) {
    for (const one of origins) late.push(one - origin);
  }
  return late;
}

function quantile(sorted: readonly number[], q: number): number {
  return sorted[Math.max(0, Math.ceil(q * sorted.length) - 1)] ?? Number.NaN;
}

const server = createServer({ keepAliveTimeout: 600_000 }, (request, response) => {
  switch (request.url) {
    case '/counts':
    case '/counts?reset': {
      const answer: ServerCounts = { ...counts, held: spread(held), late: spread(lateness()) };
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify(answer));
      if (request.url.endsWith('reset')) {
        counts = fresh();
        held = [];
        turn = 0;
        gaps = [];
        for (const pulse of pulses.values()) pulse.origins = [];
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
    default: {
      const [, kind, every] = /^\/(grid|gap)\/([\d.]+)$/.exec(request.url ?? '') ?? [];
      if (kind !== undefined) beat(request.socket, kind, Number(every));
      counts.requests++;
      response.setHeader('content-type', 'text/plain');
      response.end(body);
    }
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
