/**
 * What really happened to an attempt, by real sockets and the real command line: each way to end has a
 * cause, an initiator and a number that no other has.
 */

import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Attempt } from '../src/attempts/contract.ts';
import { runScript } from './support/cli.ts';

type Behaviour = (socket: Socket, key: string) => void;

interface Row {
  /** What really happens. */
  what: string;
  kind: 'http' | 'ws';
  /** What the server does with a request; absent where there is none. */
  server?: Behaviour;
  /** The server does it as soon as somebody connects. */
  atOnce?: true;
  /** Goes there instead of to a server. */
  url?: string;
  scheme?: 'wss' | 'https';
  /** What the client does besides. */
  client?: 'send' | 'short' | 'close' | 'close-early' | 'leave';
  /** How it must end. */
  cause: string;
  initiator: 'local' | 'peer' | 'unknown';
  /** Status, or the close code of a WebSocket that had been open. */
  code: number;
  wire?: 'fin' | 'rst';
  phase?: string;
}

function accept(socket: Socket, key: string): void {
  const digest = createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`);
  socket.write(
    'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' +
      `Sec-WebSocket-Accept: ${digest.digest('base64')}\r\n\r\n`,
  );
}
const answer =
  (text: string): Behaviour =>
  (socket) =>
    socket.end(text);
const status = (code: number): Behaviour =>
  answer(`HTTP/1.1 ${code} Whatever\r\nContent-Length: 0\r\n\r\n`);
/** Accepts the upgrade and then sends these bytes. */
const open =
  (hex = ''): Behaviour =>
  (socket, key) => {
    accept(socket, key);
    if (hex !== '') socket.write(Buffer.from(hex, 'hex'));
    socket.on('data', (data) => {
      if (data[0] !== 0x88) return;
      // A close frame is answered with its own code, so that the closing handshake is whole.
      const code = [6, 7].map((at) => (data[at] ?? 0) ^ (data[at - 4] ?? 0));
      socket.end(Buffer.from([0x88, 2, ...code]));
    });
  };
const closeFrame = (code: number): string => `8802${code.toString(16).padStart(4, '0')}`;
const reset: Behaviour = (socket) => void socket.resetAndDestroy();
const fin: Behaviour = (socket) => void socket.end();
const silence: Behaviour = () => undefined;

const rows: readonly Row[] = [
  // a refused or broken opening of a WebSocket
  {
    what: 'upgrade refused with 429',
    kind: 'ws',
    server: status(429),
    cause: 'status',
    initiator: 'peer',
    code: 429,
  },
  {
    what: 'upgrade refused with 502',
    kind: 'ws',
    server: status(502),
    cause: 'status',
    initiator: 'peer',
    code: 502,
  },
  {
    what: 'upgrade refused with 408',
    kind: 'ws',
    server: status(408),
    cause: 'status',
    initiator: 'peer',
    code: 408,
  },
  {
    what: 'upgrade answered with 200',
    kind: 'ws',
    server: status(200),
    cause: 'not-upgraded',
    initiator: 'peer',
    code: 200,
  },
  {
    what: 'FIN before the answer',
    kind: 'ws',
    server: fin,
    cause: 'closed-before-answer',
    initiator: 'peer',
    code: 0,
  },
  {
    what: 'RST before the answer',
    kind: 'ws',
    server: reset,
    cause: 'reset-before-answer',
    initiator: 'peer',
    code: 0,
    wire: 'rst',
  },
  {
    what: 'no answer within our timeout',
    kind: 'ws',
    server: silence,
    client: 'short',
    cause: 'timeout',
    initiator: 'local',
    code: 0,
  },
  {
    what: 'a wrong Sec-WebSocket-Accept',
    kind: 'ws',
    server: answer(
      'HTTP/1.1 101 X\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: bm9uc2Vuc2U=\r\n\r\n',
    ),
    cause: 'bad-upgrade',
    initiator: 'peer',
    code: 101,
  },
  {
    what: 'no HTTP',
    kind: 'ws',
    server: answer('SSH-2.0-x\r\n'),
    cause: 'not-http',
    initiator: 'peer',
    code: 0,
  },
  {
    what: 'the script gives up before it is open',
    kind: 'ws',
    server: silence,
    client: 'close-early',
    cause: 'given-up',
    initiator: 'local',
    code: 0,
  },
  {
    what: 'connection refused',
    kind: 'ws',
    url: 'ws://127.0.0.1:1/',
    cause: 'connection-refused',
    initiator: 'peer',
    code: 0,
  },
  {
    what: 'no such host',
    kind: 'ws',
    url: 'ws://nowhere.invalid/',
    cause: 'name-not-found|name-lookup-failed',
    initiator: 'unknown',
    code: 0,
  },
  {
    what: 'TLS to a plain port',
    kind: 'ws',
    scheme: 'wss',
    server: answer('HTTP/1.1 400 Bad Request\r\n\r\n'),
    atOnce: true,
    cause: 'not-tls',
    initiator: 'peer',
    code: 0,
  },
  {
    what: 'FIN in the TLS handshake',
    kind: 'ws',
    scheme: 'wss',
    server: fin,
    cause: 'tls-closed',
    initiator: 'peer',
    code: 0,
  },
  {
    what: 'RST in the TLS handshake',
    kind: 'ws',
    scheme: 'wss',
    server: reset,
    cause: 'tls-reset',
    initiator: 'peer',
    code: 0,
  },

  // the end of an open WebSocket
  {
    what: 'FIN without a close frame',
    kind: 'ws',
    server: (socket, key) => {
      accept(socket, key);
      socket.end();
    },
    cause: 'lost-fin',
    initiator: 'peer',
    code: 1006,
    wire: 'fin',
  },
  {
    what: 'RST',
    kind: 'ws',
    server: (socket, key) => {
      accept(socket, key);
      socket.once('data', () => socket.resetAndDestroy());
    },
    client: 'send',
    cause: 'lost-rst',
    initiator: 'peer',
    code: 1006,
    wire: 'rst',
  },
  ...[1000, 1001, 1008, 1011, 1012, 1013, 4029].map(
    (code): Row => ({
      what: `closed with ${code}`,
      kind: 'ws',
      server: open(closeFrame(code)),
      cause: 'closed-by-peer',
      initiator: 'peer',
      code,
    }),
  ),
  {
    what: 'closed without a code',
    kind: 'ws',
    server: open('8800'),
    cause: 'closed-by-peer',
    initiator: 'peer',
    code: 1005,
  },
  {
    what: '1006 in a close frame',
    kind: 'ws',
    server: open(closeFrame(1006)),
    cause: 'broken-protocol',
    initiator: 'peer',
    code: 1006,
  },
  {
    what: 'closed by the script',
    kind: 'ws',
    server: open(),
    client: 'close',
    cause: 'closed-by-us',
    initiator: 'local',
    code: 1000,
  },
  {
    what: 'open when the iteration is cut off',
    kind: 'ws',
    server: open(),
    client: 'leave',
    cause: 'iteration-ended',
    initiator: 'local',
    code: 1001,
  },

  // HTTP
  {
    what: 'an error status',
    kind: 'http',
    server: status(503),
    cause: 'status',
    initiator: 'peer',
    code: 503,
  },
  {
    what: 'no answer within our timeout, HTTP',
    kind: 'http',
    server: silence,
    client: 'short',
    cause: 'timeout',
    initiator: 'local',
    code: 0,
  },
  {
    what: 'FIN before the answer, HTTP',
    kind: 'http',
    server: fin,
    cause: 'closed-before-answer',
    initiator: 'peer',
    code: 0,
    wire: 'fin',
  },
  {
    what: 'RST before the answer, HTTP',
    kind: 'http',
    server: reset,
    cause: 'reset-before-answer',
    initiator: 'peer',
    code: 0,
    wire: 'rst',
  },
  {
    what: 'an answer that ends too early',
    kind: 'http',
    server: answer('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc'),
    cause: 'cut-answer',
    initiator: 'peer',
    code: 200,
  },
  {
    what: 'no HTTP, HTTP',
    kind: 'http',
    server: answer('SSH-2.0-x\r\n'),
    cause: 'not-http',
    initiator: 'peer',
    code: 0,
  },
  {
    what: 'an answer that cannot be decoded',
    kind: 'http',
    server: answer('HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc'),
    cause: 'undecodable-answer',
    initiator: 'peer',
    code: 200,
  },
  {
    what: 'connection refused, HTTP',
    kind: 'http',
    url: 'http://127.0.0.1:1/',
    cause: 'connection-refused',
    initiator: 'peer',
    code: 0,
  },
  {
    what: 'no such host, HTTP',
    kind: 'http',
    url: 'http://nowhere.invalid/',
    cause: 'name-not-found|name-lookup-failed',
    initiator: 'unknown',
    code: 0,
  },
  {
    what: 'TLS to a plain port, HTTP',
    kind: 'http',
    scheme: 'https',
    server: answer('HTTP/1.1 400 Bad Request\r\n\r\n'),
    atOnce: true,
    cause: 'not-tls',
    initiator: 'peer',
    code: 0,
  },
  {
    what: 'FIN in the TLS handshake, HTTP',
    kind: 'http',
    scheme: 'https',
    server: fin,
    cause: 'tls-closed',
    initiator: 'peer',
    code: 0,
  },
  {
    what: 'RST in the TLS handshake, HTTP',
    kind: 'http',
    scheme: 'https',
    server: reset,
    cause: 'tls-reset',
    initiator: 'peer',
    code: 0,
  },
  {
    what: 'forbidden by an option, HTTP',
    kind: 'http',
    url: 'http://blocked.example/',
    cause: 'forbidden',
    initiator: 'local',
    code: 0,
  },
];

const script = `import http from 'vurun/http';
import { exec, sleep, WebSocket } from 'vurun';
export const options = { iterations: 1, vus: 1, blockHostnames: ['blocked.example'] };
export default async function () {
  const rows = JSON.parse(__ENV.ROWS);
  for (const { what, kind, url, client } of rows.filter((row) => row.client !== 'leave')) {
    const timeout = client === 'short' ? '2s' : '30s';
    if (kind === 'http') await http.get(url, { timeout, tags: { name: what } });
    else {
      const ws = new WebSocket(url, { timeout, name: what });
      const closed = new Promise((done) => ws.addEventListener('close', done));
      ws.addEventListener('error', () => undefined);
      ws.addEventListener('open', () => { if (client === 'close') ws.close(1000); if (client === 'send') ws.send('x'); });
      if (client === 'close-early') { await sleep(0.1); ws.close(); }
      await closed;
    }
  }
  const left = rows.find((row) => row.client === 'leave');
  const ws = new WebSocket(left.url, { name: left.what });
  await new Promise((done) => ws.addEventListener('open', done));
  exec.test.abort('done');
}
`;

const cleanups: (() => void)[] = [];
afterAll(() => {
  for (const cleanup of cleanups) cleanup();
});

async function serve({ server, atOnce }: Row): Promise<number> {
  const listening = createServer({ allowHalfOpen: true }, (socket) => {
    socket.on('error', () => undefined);
    socket.on('end', () => socket.end());
    if (atOnce) server?.(socket, '');
    else {
      socket.once('data', (data) =>
        server?.(socket, /sec-websocket-key: (.*)\r\n/i.exec(data.toString())?.[1] ?? ''),
      );
    }
    cleanups.push(() => socket.destroy());
  });
  await new Promise<void>((resolve) => listening.listen(0, '127.0.0.1', resolve));
  cleanups.push(() => listening.close());
  return (listening.address() as AddressInfo).port;
}

const records = new Map<string, Attempt[]>();

beforeAll(async () => {
  const table = [];
  for (const row of rows) {
    const { what, kind, client } = row;
    const scheme = row.scheme ?? kind;
    const url = row.url ?? `${scheme}://127.0.0.1:${await serve(row)}/`;
    table.push({ what, kind, client, url });
  }
  const run = await runScript(script, [
    '-e',
    `ROWS=${JSON.stringify(table)}`,
    '--out',
    'attempts=a.ndjson',
    '--no-result',
  ]);
  expect(run.exitCode).toBe(108);
  for (const line of readFileSync(join(run.dir, 'a.ndjson'), 'utf8').trimEnd().split('\n')) {
    const record = JSON.parse(line) as Attempt;
    records.set(record.name, [...(records.get(record.name) ?? []), record]);
  }
});

test.each(rows)('$kind: $what is $cause', ({ what, kind, cause, initiator, code, wire }) => {
  const found = records.get(what) ?? [];
  expect(found).toHaveLength(1);
  const [record] = found as [Attempt];
  expect(record.kind).toBe(kind);
  expect(cause.split('|')).toContain(record.cause);
  expect(record.initiator).toBe(initiator);
  expect(numberOf(record)).toBe(code);
  if (wire !== undefined) expect(record.wire).toBe(wire);
});

function numberOf({ kind, status: answered, ws }: Attempt): number {
  return kind === 'ws' && answered === 101 ? ws?.closeCode || 101 : answered;
}

test('no two of them look alike', () => {
  const keys = [...records.values()]
    .flat()
    .map((record) => `${record.kind} ${record.cause} ${numberOf(record)}`);
  expect(keys.length).toBeGreaterThanOrEqual(28);
  expect(keys.toSorted()).toEqual([...new Set(keys)].toSorted());
});
