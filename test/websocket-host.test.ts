import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer as createHttpServer, type Server as HttpServer } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import {
  type AddressInfo,
  createServer as createTcpServer,
  type Server,
  type Socket,
} from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { type ServerOptions, WebSocketServer } from 'ws';
import {
  Delivery,
  Op,
  WsDialect,
  type WsFault,
  type WsHandshakeDetails,
} from '../runtime/contract/ops.ts';
import { monotonicClock } from '../src/clock.ts';
import { limits } from '../src/limits.ts';
import type { Builtins, Metric, TagSet } from '../src/metrics/contract.ts';
import type {
  DeliveryItem,
  OpArgs,
  OpResult,
  ProtocolHost,
  ProtocolSession,
  ProtocolSettings,
} from '../src/protocols/contract.ts';
import { webSockets } from '../src/protocols/websocket/websocket.ts';
import { keepAttempts } from './support/attempt-keeper.ts';
import { citizenOf } from './support/citizen.ts';
import { defaultSettings } from './support/guest.ts';

// a VU that only listens ---------------------------------------------------------------------------

class Tags implements TagSet {
  readonly id = 0;
  readonly pairs: Record<string, string>;
  constructor(pairs: Record<string, string>) {
    this.pairs = pairs;
  }
  with(key: string, value: string): TagSet {
    return new Tags({ ...this.pairs, [key]: value });
  }
  without(key: string): TagSet {
    const { [key]: _, ...rest } = this.pairs;
    return new Tags(rest);
  }
  get(key: string): string | undefined {
    return this.pairs[key];
  }
  entries(): [string, string][] {
    return Object.entries(this.pairs).sort();
  }
}

const settings: ProtocolSettings = {
  ...defaultSettings,
  systemTags: new Set(['url', 'name', 'status', 'subproto', 'error', 'error_code']),
};

interface Sample {
  metric: string;
  value: number;
  tags: Record<string, string>;
}

class FakeVu {
  readonly deliveries: DeliveryItem[] = [];
  readonly samples: Sample[] = [];
  /** Deliveries and samples in the order they came. */
  readonly story: string[] = [];
  readonly gauges = { httpInFlight: 0, wsOpen: 0, wsConnecting: 0 };
  sent = 0;
  received = 0;
  roomFor = Number.POSITIVE_INFINITY;
  mayUseNetwork = true;
  readonly attempts = keepAttempts();
  readonly session: ProtocolSession;
  drain: (() => void) | undefined;
  #waiters: (() => void)[] = [];
  #id = 0;

  constructor(over: Partial<ProtocolSettings> = {}) {
    const builtins = new Proxy({} as Builtins, {
      get: (_target, name) => ({ id: 0, name, kind: 'counter', contains: 'default' }) as Metric,
    });
    const citizen = citizenOf();
    const host: ProtocolHost = {
      vuId: 1,
      settings: { ...settings, ...over },
      recorder: {
        add: (metric, tags, value) => {
          const { pairs } = tags as Tags;
          this.samples.push({ metric: metric.name, value, tags: pairs });
          this.story.push(metric.name);
        },
      },
      builtins,
      attempts: this.attempts.log,
      scenarioName: 'default',
      sessionId: undefined,
      clock: monotonicClock,
      tags: () => new Tags({ scenario: 'default' }),
      takeWaited: () => undefined,
      mayUseNetwork: () => this.mayUseNetwork,
      deliver: (item) => {
        this.deliveries.push(item);
        this.story.push(`deliver ${item.kind}`);
        for (const wake of this.#waiters.splice(0)) wake();
        return this.deliveries.length < this.roomFor;
      },
      onDrain: (callback) => {
        this.drain = callback;
      },
      countBytes: (sent, received) => {
        this.sent += sent;
        this.received += received;
      },
      afterTurns: (departure) => departure.depart(),
      log: () => undefined,
      citizen,
      token: (client) => citizen.token(client)!,
      random: citizen.randomOf(1),
      gauges: this.gauges,
    };
    this.session = webSockets.open(host);
    vus.push(this);
  }

  op(code: number, ...args: unknown[]): OpResult {
    const handler = webSockets.ops[code];
    if (handler === undefined) throw new Error(`no op ${code}`);
    const reader: OpArgs = {
      count: args.length,
      value: (index) => args[index] as string,
      isUndefined: (index) => args[index] === undefined,
      isString: (index) => typeof args[index] === 'string',
      number: (index) => args[index] as number,
      boolean: (index) => args[index] as boolean,
      string: (index) => args[index] as string,
      optionalString: (index) => args[index] as string | undefined,
      bytes: (index) => args[index] as Uint8Array,
    };
    return handler(this.session as never, reader);
  }

  open(url: string, params: object = {}, protocols: string[] = []): number {
    const id = ++this.#id;
    this.op(Op.wsOpen, id, url, JSON.stringify(protocols), JSON.stringify(params), WsDialect.own);
    return id;
  }

  of(id: number, kind?: number): DeliveryItem[] {
    return this.deliveries.filter((d) => d.id === id && (kind === undefined || d.kind === kind));
  }

  /** Waits for a delivery of this kind to this connection. */
  async heard(id: number, kind: number, count = 1): Promise<DeliveryItem> {
    for (;;) {
      const found = this.of(id, kind);
      if (found.length >= count) return found[count - 1] as DeliveryItem;
      await new Promise<void>((resolve) => this.#waiters.push(resolve));
    }
  }

  fault(id: number): WsFault | undefined {
    const text = this.of(id, Delivery.wsError)[0]?.text;
    return text === undefined ? undefined : (JSON.parse(text) as WsFault);
  }

  details(id: number): WsHandshakeDetails | undefined {
    const text = this.op(Op.wsDetails, id) as string | undefined;
    return text === undefined ? undefined : (JSON.parse(text) as WsHandshakeDetails);
  }

  measured(metric: string): Sample[] {
    return this.samples.filter((sample) => sample.metric === metric);
  }
}

const textOf = (item: DeliveryItem): string => Buffer.from(item.utf8 ?? []).toString();

// servers ------------------------------------------------------------------------------------------

const vus: FakeVu[] = [];
const servers: { close(): unknown }[] = [];
const sockets = new Set<Socket>();

async function listen(server: Server | HttpServer): Promise<number> {
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  servers.push(server);
  return (server.address() as AddressInfo).port;
}

async function wsServer(
  options: ServerOptions = {},
): Promise<{ wss: WebSocketServer; url: string }> {
  const http = createHttpServer();
  const wss = new WebSocketServer({ server: http, ...options });
  const port = await listen(http);
  return { wss, url: `ws://127.0.0.1:${port}/` };
}

type Behaviour = (socket: Socket, key: string) => void;
/** A server that reads the request and then does what it is told. */
async function rawServer(behave: Behaviour, onRequest = true): Promise<string> {
  const server = createTcpServer((socket) => {
    if (!onRequest) {
      behave(socket, '');
      return;
    }
    socket.once('data', (data) => {
      behave(socket, /sec-websocket-key: (.*)\r\n/i.exec(data.toString())?.[1] ?? '');
    });
  });
  return `ws://127.0.0.1:${await listen(server)}/`;
}

function accept(socket: Socket, key: string, extra = ''): void {
  const digest = createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`);
  socket.write(
    'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' +
      `Sec-WebSocket-Accept: ${digest.digest('base64')}\r\n${extra}\r\n`,
  );
}

/** Accepts, then sends these bytes. */
const frames =
  (hex: string): Behaviour =>
  (socket, key) => {
    accept(socket, key);
    socket.write(Buffer.from(hex.replaceAll(' ', ''), 'hex'));
    socket.resume();
  };

afterEach(() => {
  for (const vu of vus.splice(0)) vu.session.dispose();
  for (const socket of sockets) socket.destroy();
  sockets.clear();
  for (const server of servers.splice(0)) server.close();
});

/** Every attempt leaves one ws_sessions, one close, and gauges at zero. */
function expectOneEnd(vu: FakeVu, id: number): void {
  expect(vu.of(id, Delivery.wsClose)).toHaveLength(1);
  expect(vu.measured('ws_sessions')).toHaveLength(1);
  expect(vu.measured('ws_connecting')).toHaveLength(1);
  const opened = vu.of(id, Delivery.wsOpen).length;
  expect(vu.measured('ws_session_duration')).toHaveLength(opened);
  expect(vu.of(id).at(-1)?.kind).toBe(Delivery.wsClose);
  expect(vu.gauges).toEqual({ httpInFlight: 0, wsOpen: 0, wsConnecting: 0 });
}

/** For ws.example.test until 2120, its own authority; it protects nothing. */
const key = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgAvgm1/o/3MLms7eA
Wq5owEdyKwi7FhK75k8utdQb0hihRANCAAS2DotlQ/ohFx5RbYl2Da+ysdXEoIsm
/J+JfEL+Fp781fOWdesBKaqoAtJJ1z+CkQwer71ubATVa7TUsGauD3QI
-----END PRIVATE KEY-----
`;
const cert = `-----BEGIN CERTIFICATE-----
MIIBcjCCARmgAwIBAgIBATAKBggqhkjOPQQDAjAaMRgwFgYDVQQDDA93cy5leGFt
cGxlLnRlc3QwIBcNMjAwMTAxMDAwMDAwWhgPMjEyMDAxMDEwMDAwMDBaMBoxGDAW
BgNVBAMMD3dzLmV4YW1wbGUudGVzdDBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IA
BLYOi2VD+iEXHlFtiXYNr7Kx1cSgiyb8n4l8Qv4WnvzV85Z16wEpqqgC0knXP4KR
DB6vvW5sBNVrtNSwZq4PdAijTjBMMBoGA1UdEQQTMBGCD3dzLmV4YW1wbGUudGVz
dDAPBgNVHRMBAf8EBTADAQH/MB0GA1UdDgQWBBSna/gv2UJfMO0piX3J+WvAXNgi
iDAKBggqhkjOPQQDAgNHADBEAiAx64PNzOcfAiU5bYUqfk2NRiE5O8qdiVxYOLfY
jq/KtwIgKGDxhWpX2cBqEGelKCgHsMAguQ8pN5NoGPj/nULAeD4=
-----END CERTIFICATE-----
`;

// tests --------------------------------------------------------------------------------------------

describe('a WebSocket that works', () => {
  it('opens, echoes text and bytes, pings, closes, and is measured as k6 names it', async () => {
    const { wss, url } = await wsServer();
    wss.on('connection', (peer) =>
      peer.on('message', (data, isBinary) => peer.send(data, { binary: isBinary })),
    );
    const vu = new FakeVu();
    const id = vu.open(url, { tags: { stage: 'one' } });
    expect(vu.gauges.wsConnecting).toBe(1);
    await vu.heard(id, Delivery.wsOpen);
    expect(vu.gauges).toMatchObject({ wsOpen: 1, wsConnecting: 0 });
    vu.op(Op.wsSendText, id, 'grüße', 5);
    expect(vu.op(Op.wsSendText, id, 'cut', 9)).toBe(-1);
    expect(textOf(await vu.heard(id, Delivery.wsText))).toBe('grüße');
    vu.op(Op.wsSendBytes, id, new Uint8Array([1, 2, 0]));
    expect([...((await vu.heard(id, Delivery.wsBytes)).bytes ?? [])]).toEqual([1, 2, 0]);
    vu.op(Op.wsPing, id);
    const pong = await vu.heard(id, Delivery.wsPong);
    expect(pong.numbers?.[0]).toBe(1);
    expect(vu.measured('ws_ping')[0]?.value).toBe(pong.numbers?.[1]);
    vu.op(Op.wsClose, id, 1000, 'done');
    const close = await vu.heard(id, Delivery.wsClose);
    expect(close).toMatchObject({ numbers: [1000, 1], text: 'done' });
    expectOneEnd(vu, id);
    expect(vu.measured('ws_msgs_sent')).toHaveLength(2);
    expect(vu.measured('ws_msgs_received')).toHaveLength(2);
    const { tags } = vu.measured('ws_session_duration')[0] as Sample;
    expect(tags).toEqual({
      scenario: 'default',
      stage: 'one',
      url,
      name: url,
      status: '101',
      subproto: '',
    });
    expect(vu.story.indexOf('ws_sessions')).toBeLessThan(
      vu.story.indexOf(`deliver ${Delivery.wsOpen}`),
    );
    expect(vu.sent).toBeGreaterThan(150);
    expect(vu.received).toBeGreaterThan(120);
  });

  it('sends headers, the user agent and subprotocols, and shows the answer', async () => {
    const { wss, url } = await wsServer({ handleProtocols: () => 'b' });
    wss.on('headers', (headers) => headers.push('x-corr-id: 42'));
    const seen = once(wss, 'connection');
    const vu = new FakeVu();
    const id = vu.open(url, { headers: { Authorization: 'Bearer x' }, name: 'agent' }, ['a', 'b']);
    const [, request] = await seen;
    expect(request.headers).toMatchObject({
      authorization: 'Bearer x',
      'user-agent': 'vurun/test',
    });
    expect(JSON.parse((await vu.heard(id, Delivery.wsOpen)).text ?? '')).toMatchObject({
      protocol: 'b',
    });
    expect(vu.details(id)).toMatchObject({ status: 101, headers: { 'X-Corr-Id': '42' } });
    expect(vu.measured('ws_sessions')[0]?.tags).toMatchObject({
      name: 'agent',
      url: 'agent',
      subproto: 'b',
    });
  });

  it('takes a subprotocol named by header, as k6 scripts write it', async () => {
    const { url } = await wsServer();
    const vu = new FakeVu();
    const id = vu.open(url, { headers: { 'Sec-WebSocket-Protocol': 'mqtt, x' } });
    expect((await vu.heard(id, Delivery.wsOpen)).text).toContain('"protocol":"mqtt"');
  });

  it('compresses when asked and only then', async () => {
    const { wss, url } = await wsServer({ perMessageDeflate: { threshold: 0 } });
    wss.on('connection', (peer) => peer.on('message', (data) => peer.send(data.toString())));
    const vu = new FakeVu();
    const plain = vu.open(url);
    expect((await vu.heard(plain, Delivery.wsOpen)).text).toContain('"extensions":""');
    const small = vu.open(url, { compression: 'deflate' });
    expect((await vu.heard(small, Delivery.wsOpen)).text).toContain('permessage-deflate');
    vu.op(Op.wsSendText, small, 'x'.repeat(1_000), 1_000);
    expect(textOf(await vu.heard(small, Delivery.wsText))).toHaveLength(1_000);
  });

  it('brings text with NUL through as bytes of a text message, both ways', async () => {
    const { wss, url } = await wsServer();
    wss.on('connection', (peer) =>
      peer.on('message', (data, isBinary) => peer.send(data, { binary: isBinary })),
    );
    const vu = new FakeVu();
    const id = vu.open(url);
    await vu.heard(id, Delivery.wsOpen);
    vu.op(Op.wsSendBytes, id, new TextEncoder().encode('a\0b'), true);
    const message = await vu.heard(id, Delivery.wsText);
    expect(message.text).toBeUndefined();
    expect(Buffer.from(message.bytes ?? []).toString()).toBe('a\0b');
  });

  it('hears a message that stands right behind the upgrade', async () => {
    const url = await rawServer(frames('8102 6869'));
    const vu = new FakeVu();
    const id = vu.open(url);
    expect(textOf(await vu.heard(id, Delivery.wsText))).toBe('hi');
    expect(vu.of(id)[0]?.kind).toBe(Delivery.wsOpen);
  });

  it('goes where the hosts option says and keeps the Host header', async () => {
    const { wss, url } = await wsServer();
    const seen = once(wss, 'connection');
    const vu = new FakeVu({ hosts: { '*.example.test': `127.0.0.1:${new URL(url).port}` } });
    const id = vu.open('ws://api.example.test/x');
    const [, request] = await seen;
    expect(request.headers.host).toBe('api.example.test');
    await vu.heard(id, Delivery.wsOpen);
  });

  it('tells of pings of the peer and answers them', async () => {
    const { wss, url } = await wsServer();
    const ponged = new Promise<Buffer>((resolve) =>
      wss.on('connection', (peer) => {
        peer.on('pong', resolve);
        peer.ping('abc');
      }),
    );
    const vu = new FakeVu();
    const id = vu.open(url);
    expect((await vu.heard(id, Delivery.wsPong)).numbers).toEqual([0, -1]);
    expect((await ponged).toString()).toBe('abc');
  });

  it('stops reading when the inbox is full and goes on when it has drained', async () => {
    const { wss, url } = await wsServer();
    const block = 'x'.repeat(100_000);
    wss.on('connection', (peer) => {
      for (let n = 0; n < 200; n++) peer.send(block);
    });
    const vu = new FakeVu();
    vu.roomFor = 5;
    const id = vu.open(url);
    while (vu.drain === undefined) await new Promise((resolve) => setTimeout(resolve, 5));
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(vu.deliveries.length).toBeLessThan(10);
    vu.roomFor = Number.POSITIVE_INFINITY;
    vu.drain();
    await vu.heard(id, Delivery.wsText, 200);
  });
});

describe('TLS', () => {
  async function tlsServer(): Promise<{ url: string; hosts: Record<string, string> }> {
    const https = createHttpsServer({ key, cert });
    const wss = new WebSocketServer({ server: https });
    wss.on('connection', (peer) => peer.on('message', (data) => peer.send(data.toString())));
    const port = await listen(https);
    https.on('secureConnection', (socket) => socket.on('error', () => undefined));
    const hosts = { 'ws.example.test': `127.0.0.1:${port}`, 'other.test': `127.0.0.1:${port}` };
    return { url: 'wss://ws.example.test/', hosts };
  }

  it('works with an authority of the options, and counts the bytes of the wire', async () => {
    const { url, hosts } = await tlsServer();
    const vu = new FakeVu({ hosts, tlsCA: [cert] });
    const id = vu.open(url);
    await vu.heard(id, Delivery.wsOpen);
    vu.op(Op.wsSendText, id, 'x'.repeat(10_000), 10_000);
    await vu.heard(id, Delivery.wsText);
    vu.op(Op.wsClose, id, 1000, '');
    expect((await vu.heard(id, Delivery.wsClose)).numbers).toEqual([1000, 1]);
    expectOneEnd(vu, id);
    // The certificate alone is longer than the handshake's plain text.
    expect(vu.received).toBeGreaterThan(10_700);
    expect(vu.sent).toBeGreaterThan(10_500);
  });

  it('is refused in words when the authority is unknown or the name is another', async () => {
    const { url, hosts } = await tlsServer();
    const unknown = new FakeVu({ hosts });
    const first = unknown.open(url);
    await unknown.heard(first, Delivery.wsClose);
    expect(unknown.fault(first)?.code).toBe(1310);
    expectOneEnd(unknown, first);
    const named = new FakeVu({ hosts, tlsCA: [cert] });
    const second = named.open('wss://other.test/');
    await named.heard(second, Delivery.wsClose);
    expect(named.fault(second)?.code).toBe(1311);
    const careless = new FakeVu({ hosts, insecureSkipTLSVerify: true });
    const third = careless.open('wss://other.test/');
    await careless.heard(third, Delivery.wsOpen);
  });

  it('notices a connection reset and one ended without a close frame', async () => {
    for (const [how, message] of [
      ['resetAndDestroy', /RST/],
      ['end', /FIN/],
    ] as const) {
      const { url, hosts } = await tlsServer();
      const vu = new FakeVu({ hosts, insecureSkipTLSVerify: true });
      const id = vu.open(url);
      await vu.heard(id, Delivery.wsOpen);
      for (const socket of sockets) socket[how]();
      await vu.heard(id, Delivery.wsClose);
      expect(vu.fault(id)?.message).toMatch(message);
      expectOneEnd(vu, id);
      sockets.clear();
    }
  });

  it('certificates that cannot be read are a mistake of the options', () => {
    const vu = new FakeVu({ tlsAuth: [{ cert: 'x', key: 'y' }] });
    expect(() => vu.open('wss://127.0.0.1:1/')).toThrow('option tlsAuth cannot be used');
  });
});

describe('what really happened is told in words', () => {
  const refuse =
    (head: string, body = ''): Behaviour =>
    (socket) => {
      socket.end(`HTTP/1.1 ${head}\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
    };
  const cases: [string, Behaviour, RegExp, number, number][] = [
    [
      '429',
      refuse('429 Slow\r\nretry-after: 3', 'busy'),
      /^upgrade refused: 429 Too Many Requests$/,
      1429,
      429,
    ],
    ['502', refuse('502 Bad Gateway'), /^upgrade refused: 502 Bad Gateway$/, 1502, 502],
    ['408', refuse('408 Request Timeout'), /^upgrade refused: 408 Request Timeout$/, 1408, 408],
    ['200', refuse('200 OK', 'hello'), /^upgrade refused: 200 OK$/, 1000, 200],
    [
      '302',
      refuse('302 Found\r\nlocation: ws://127.0.0.1:1/'),
      /^upgrade refused: 302 Found$/,
      1000,
      302,
    ],
    [
      'FIN instead of an answer',
      (s) => s.end(),
      /before it answered the upgrade \(FIN\)$/,
      1000,
      0,
    ],
    [
      'RST instead of an answer',
      (s) => s.resetAndDestroy(),
      /before it answered the upgrade \(RST\)$/,
      1220,
      0,
    ],
    ['garbage', (s) => s.end('SSH-2.0-x\r\n'), /^the peer's answer is not HTTP/, 1000, 0],
    [
      'a wrong Sec-WebSocket-Accept',
      (s) => accept(s, 'other'),
      /^the answer to the upgrade is wrong: Invalid Sec-WebSocket-Accept header$/,
      1000,
      0,
    ],
    [
      'a subprotocol nobody asked for',
      (s, key) => accept(s, key, 'Sec-WebSocket-Protocol: x\r\n'),
      /^the answer to the upgrade is wrong: .*subprotocol/,
      1000,
      0,
    ],
    [
      'an extension nobody asked for',
      (s, key) => accept(s, key, 'Sec-WebSocket-Extensions: x\r\n'),
      /^the answer to the upgrade is wrong: .*Extensions/,
      1000,
      0,
    ],
  ];
  it.each(cases)('before it is open: %s', async (_name, behave, message, code, status) => {
    const url = await rawServer(behave);
    const vu = new FakeVu();
    const id = vu.open(url);
    expect(await vu.heard(id, Delivery.wsClose)).toMatchObject({ numbers: [1006, 0], text: '' });
    expect(vu.fault(id)).toMatchObject({ code, status });
    expect(vu.fault(id)?.message).toMatch(message);
    expectOneEnd(vu, id);
    const { tags } = vu.measured('ws_sessions')[0] as Sample;
    expect(tags['error_code']).toBe(String(code));
    if (status > 0) {
      expect(tags).toMatchObject({ status: String(status) });
      expect(tags).not.toHaveProperty('error');
      expect(vu.details(id)?.status).toBe(status);
    } else {
      expect(tags['error']).toBeTruthy();
    }
  });

  it('keeps headers and body of a refusal', async () => {
    const url = await rawServer(refuse('429 x\r\nretry-after: 3\r\nx-a: 1\r\nx-a: 2', 'busy\0'));
    const vu = new FakeVu();
    const id = vu.open(url);
    await vu.heard(id, Delivery.wsClose);
    const expected = {
      status: 429,
      headers: { 'Retry-After': '3', 'X-A': '1, 2' },
      body: 'busy\0',
    };
    expect(vu.details(id)).toMatchObject(expected);
  });

  it('keeps a bounded part of a refusal that does not end', async () => {
    const url = await rawServer((socket) => {
      socket.write('HTTP/1.1 503 x\r\n\r\n');
      const timer = setInterval(() => socket.write('x'.repeat(1_000)), 1);
      socket.on('close', () => clearInterval(timer));
    });
    const vu = new FakeVu();
    const id = vu.open(url);
    await vu.heard(id, Delivery.wsClose);
    expect(vu.details(id)?.body).toHaveLength(limits.wsRefusalBodyBytes);
    expectOneEnd(vu, id);
  });

  it('names the address that refused', async () => {
    const vu = new FakeVu();
    const id = vu.open('ws://127.0.0.1:1/');
    await vu.heard(id, Delivery.wsClose);
    expect(vu.fault(id)).toEqual({
      message: 'connection refused (ECONNREFUSED 127.0.0.1:1)',
      code: 1212,
      status: 0,
    });
    const { tags } = vu.measured('ws_sessions')[0] as Sample;
    expect(tags).toMatchObject({
      status: '0',
      error: 'dial: connection refused',
      error_code: '1212',
    });
    expectOneEnd(vu, id);
  });

  it('says that a local address cannot be used', async () => {
    const vu = new FakeVu({ localAddresses: ['192.0.2.1'] });
    const id = vu.open('ws://127.0.0.1:1/');
    await vu.heard(id, Delivery.wsClose);
    expect(vu.fault(id)?.message).toMatch(/EADDRNOTAVAIL/);
    expectOneEnd(vu, id);
  });

  it.each<[string, Behaviour]>([
    ['never answers', () => undefined],
    [
      'drips its answer',
      (socket) => {
        const answer = [...'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n'];
        const timer = setInterval(() => socket.write(answer.shift() ?? ''), 20);
        socket.on('close', () => clearInterval(timer));
      },
    ],
  ])('has a total deadline for a peer that %s', async (_name, behave) => {
    const url = await rawServer(behave);
    const vu = new FakeVu();
    const id = vu.open(url, { timeout: '150ms' });
    await vu.heard(id, Delivery.wsClose);
    expect(vu.fault(id)).toMatchObject({
      message: 'handshake timed out after 150ms waiting for the answer to the upgrade',
      code: 1050,
    });
    expectOneEnd(vu, id);
  });

  it('tells TLS to a plain port from a peer that leaves or stays silent during TLS', async () => {
    const plain = await rawServer((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'));
    const leaves = await rawServer((socket) => socket.end());
    const resets = await rawServer((socket) => socket.resetAndDestroy());
    const silent = await rawServer(() => undefined);
    const expected: [string, RegExp, number][] = [
      [plain, /^the peer does not speak TLS/, 1301],
      [leaves, /^the peer closed the connection during the TLS handshake \(FIN\)$/, 1300],
      [resets, /^connection reset by the peer during the TLS handshake \(RST\)$/, 1220],
      [silent, /^handshake timed out after 2s waiting for the TLS handshake$/, 1050],
    ];
    for (const [url, message, code] of expected) {
      const vu = new FakeVu();
      const id = vu.open(url.replace('ws:', 'wss:'), { timeout: 2_000 });
      await vu.heard(id, Delivery.wsClose);
      expect(vu.fault(id)?.message).toMatch(message);
      expect(vu.fault(id)?.code).toBe(code);
      expectOneEnd(vu, id);
    }
  });

  const losses: [string, Behaviour, RegExp, number][] = [
    ['FIN', (s, key) => (accept(s, key), s.end()), /without a close frame \(FIN\)$/, 1000],
    [
      'RST',
      (s, key) => {
        accept(s, key);
        setTimeout(() => s.resetAndDestroy(), 20);
      },
      /^connection reset by the peer \(RST\)$/,
      1220,
    ],
    ['RSV1', frames('c100'), /WS_ERR_UNEXPECTED_RSV_1/, 1000],
    ['RSV2', frames('a100'), /WS_ERR_UNEXPECTED_RSV_2_3/, 1000],
    ['opcode 3', frames('8300'), /WS_ERR_INVALID_OPCODE/, 1000],
    ['opcode 11', frames('8b00'), /WS_ERR_INVALID_OPCODE/, 1000],
    ['a masked frame', frames('8180 00000000'), /WS_ERR_UNEXPECTED_MASK/, 1000],
    ['a fragmented ping', frames('0900'), /WS_ERR_EXPECTED_FIN/, 1000],
    ['a long ping', frames('897e0080'), /WS_ERR_INVALID_CONTROL_PAYLOAD_LENGTH/, 1000],
    ['a continuation of nothing', frames('8000'), /WS_ERR_INVALID_OPCODE/, 1000],
    ['text inside of a fragmented text', frames('0100 8100'), /WS_ERR_INVALID_OPCODE/, 1000],
    ['a huge length', frames('827f 0000000010000000'), /larger than 16777216 bytes/, 1000],
    [
      'an absurd length',
      frames('827f 8000000000000000'),
      /WS_ERR_UNSUPPORTED_DATA_PAYLOAD_LENGTH/,
      1000,
    ],
    ['bad UTF-8', frames('8102 c328'), /WS_ERR_INVALID_UTF8/, 1000],
    ['UTF-8 that breaks across fragments', frames('0101 c3 8001 28'), /WS_ERR_INVALID_UTF8/, 1000],
    ['a bad close reason', frames('8804 03e8 c328'), /WS_ERR_INVALID_UTF8/, 1000],
    ['a close of one byte', frames('8801 03'), /WS_ERR_INVALID_CONTROL_PAYLOAD_LENGTH/, 1000],
    ...[0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, 65_535].map(
      (code): [string, Behaviour, RegExp, number] => [
        `close code ${code}`,
        frames(`8802${code.toString(16).padStart(4, '0')}`),
        /WS_ERR_INVALID_CLOSE_CODE/,
        1000,
      ],
    ),
  ];
  it.each(losses)('after it is open: %s', async (_name, behave, message, code) => {
    const url = await rawServer(behave);
    const vu = new FakeVu();
    const id = vu.open(url);
    // The peers of these cases do not close their side; one that has broken the rules is not waited for.
    await vu.heard(id, Delivery.wsError);
    for (const socket of sockets) socket.end();
    expect(await vu.heard(id, Delivery.wsClose)).toMatchObject({ numbers: [1006, 0], text: '' });
    expect(vu.fault(id)?.message).toMatch(message);
    expect(vu.fault(id)?.code).toBe(code);
    expect(vu.of(id, Delivery.wsError)).toHaveLength(1);
    expect(vu.of(id, Delivery.wsOpen)).toHaveLength(1);
    expectOneEnd(vu, id);
    const [lost, ...more] = vu.measured('ws_sessions_lost');
    expect(more).toEqual([]);
    const { error = '', ...tags } = lost?.tags ?? {};
    expect({ ...tags, value: lost?.value }).toEqual({
      ...vu.measured('ws_sessions')[0]?.tags,
      error_code: String(code),
      value: 1,
    });
    // What the peer sent must not make a series of its own.
    expect(error.replaceAll(/WS_ERR_\w+|16777216|1009/g, '')).not.toMatch(/^$|\d/);
  });

  it.each([1000, 1001, 1008, 1011, 1012, 1013, 4029, 4321])(
    'a close frame of the peer with %i is no fault',
    async (code) => {
      const { wss, url } = await wsServer();
      wss.on('connection', (peer) => peer.close(code, 'because'));
      const vu = new FakeVu();
      const id = vu.open(url);
      const close = await vu.heard(id, Delivery.wsClose);
      expect(close).toMatchObject({ numbers: [code, 1], text: 'because' });
      expect(vu.fault(id)).toBeUndefined();
      expect(vu.measured('ws_sessions_lost')).toEqual([]);
      expectOneEnd(vu, id);
    },
  );

  it('a session that broke is lost even when the script closes it then', async () => {
    const url = await rawServer(frames('8300'));
    const vu = new FakeVu();
    const id = vu.open(url);
    await vu.heard(id, Delivery.wsError);
    vu.op(Op.wsClose, id, 1000, '');
    for (const socket of sockets) socket.end();
    await vu.heard(id, Delivery.wsClose);
    expect(vu.measured('ws_sessions_lost')).toHaveLength(1);
  });

  it('who closes last has not closed: the peer did, though the script had not heard of it', async () => {
    const url = await rawServer(frames('810178 880203f4'));
    const vu = new FakeVu();
    const id = vu.open(url);
    await vu.heard(id, Delivery.wsText);
    vu.op(Op.wsClose, id, 1000, '');
    for (const socket of sockets) socket.end();
    expect((await vu.heard(id, Delivery.wsClose)).numbers).toEqual([1012, 1]);
    const [record] = vu.attempts.records();
    expect([record?.cause, record?.initiator, record?.failed]).toEqual([
      ...['closed-by-peer', 'peer'],
      true,
    ]);
  });

  it('a close frame without a code is 1005, and what follows a close is not heard', async () => {
    const url = await rawServer((socket, key) => {
      frames('8800 810178 8800')(socket, key);
      socket.end();
    });
    const vu = new FakeVu();
    const id = vu.open(url);
    expect((await vu.heard(id, Delivery.wsClose)).numbers).toEqual([1005, 1]);
    expect(vu.of(id, Delivery.wsText)).toHaveLength(0);
    expectOneEnd(vu, id);
  });

  it('a close of ours that the peer answers by FIN only is not clean', async () => {
    const url = await rawServer((socket, key) => {
      accept(socket, key);
      socket.on('data', () => socket.end());
    });
    const vu = new FakeVu();
    const id = vu.open(url);
    await vu.heard(id, Delivery.wsOpen);
    vu.op(Op.wsClose, id, 1000, '');
    expect((await vu.heard(id, Delivery.wsClose)).numbers).toEqual([1006, 0]);
    expect(vu.fault(id)?.message).toMatch(/FIN/);
    expect(vu.measured('ws_sessions_lost')).toEqual([]);
    expectOneEnd(vu, id);
  });

  it('a flood of pings from a peer that reads no pongs is cut off in words', async () => {
    const url = await rawServer((socket, key) => {
      accept(socket, key);
      socket.pause();
      const ping = Buffer.from('897d'.padEnd(2 * 127, '61'), 'hex');
      const flood = Buffer.concat(Array.from({ length: 5_000 }, () => ping));
      const pour = (): void => {
        while (!socket.destroyed && socket.write(flood));
      };
      socket.on('drain', pour);
      pour();
    });
    const vu = new FakeVu();
    const id = vu.open(url);
    await vu.heard(id, Delivery.wsClose);
    expect(vu.fault(id)?.message).toMatch(/pings faster/);
    expectOneEnd(vu, id);
  });
});

describe('ends of our own', () => {
  it('a close during the dial gives the attempt up', async () => {
    const url = await rawServer(() => undefined);
    const vu = new FakeVu();
    const id = vu.open(url);
    vu.op(Op.wsClose, id, undefined, '');
    expectOneEnd(vu, id);
    expect(vu.fault(id)?.message).toBe(
      'closed by the script before the connection was established',
    );
  });

  it('the end of an iteration closes with 1001 and the script hears no more', async () => {
    const { wss, url } = await wsServer();
    const code = new Promise((resolve) =>
      wss.on('connection', (peer) => peer.on('close', resolve)),
    );
    const vu = new FakeVu();
    const id = vu.open(url);
    await vu.heard(id, Delivery.wsOpen);
    const late = vu.open(await rawServer(() => undefined));
    vu.session.iterationEnded(true);
    expect(vu.measured('ws_sessions')).toHaveLength(2);
    expect(await code).toBe(1001);
    while (vu.measured('ws_session_duration').length === 0)
      await new Promise((r) => setTimeout(r, 5));
    expect([...vu.of(id, Delivery.wsClose), ...vu.of(late)]).toHaveLength(0);
    expect(vu.gauges).toMatchObject({ wsOpen: 0, wsConnecting: 0 });
    expect(() => vu.op(Op.wsSendText, id, 'x')).toThrow(/closed/);
  });

  it('dispose measures what is open, sends 1001, and delivers nothing', async () => {
    const { wss, url } = await wsServer();
    const code = new Promise((resolve) =>
      wss.on('connection', (peer) => peer.on('close', resolve)),
    );
    const vu = new FakeVu();
    const id = vu.open(url);
    await vu.heard(id, Delivery.wsOpen);
    vu.open(await rawServer(() => undefined));
    const heard = vu.deliveries.length;
    vu.session.dispose();
    expect(vu.measured('ws_sessions')).toHaveLength(2);
    expect(vu.measured('ws_session_duration')).toHaveLength(1);
    expect(vu.gauges).toEqual({ httpInFlight: 0, wsOpen: 0, wsConnecting: 0 });
    expect(await code).toBe(1001);
    expect(vu.deliveries).toHaveLength(heard);
  });

  it('what a peer does not read is bounded', async () => {
    const url = await rawServer((socket, key) => {
      accept(socket, key);
      socket.pause();
    });
    const vu = new FakeVu();
    const id = vu.open(url);
    await vu.heard(id, Delivery.wsOpen);
    const block = new Uint8Array(4 * 1024 * 1024);
    expect(() => {
      for (let n = 0; n < 20; n++) vu.op(Op.wsSendBytes, id, block);
    }).toThrow(/16777216/);
    expect(vu.op(Op.wsBuffered, id)).toBeGreaterThan(4 * 1024 * 1024);
  });
});

describe('mistakes of the script', () => {
  it.each([
    ['', {}, 'WebSocket requires a url'],
    ['nonsense', {}, 'WebSocket requires valid url, but got "nonsense"'],
    ['http://x/', {}, 'WebSocket requires url with scheme ws or wss, but got "http"'],
    ['ws+unix:///tmp/x', {}, 'scheme ws or wss, but got "ws+unix"'],
    ['ws://x/#y', {}, 'WebSocket requires no url fragment, but got "y"'],
    ['ws://x/', { compression: 'br' }, "unsupported compression algorithm 'br'"],
    ['ws://x/', { timeout: 'soon' }, 'params.timeout: "soon" is not a duration'],
    ['ws://x/', { headers: { 'a b': '1' } }, 'WebSocket cannot be opened: Header name'],
    ['ws://x/', { headers: { a: 'x\r\ny: z' } }, 'WebSocket cannot be opened: Invalid character'],
    ['ws://x/', { protocols: ['a', 'a'] }, 'invalid or duplicated subprotocol'],
  ])('%s %j is an error with words and no attempt', (url, params, message) => {
    const vu = new FakeVu();
    expect(() => vu.open(url, params)).toThrow(message);
    expect(vu.samples).toHaveLength(0);
    expect(vu.gauges).toEqual({ httpInFlight: 0, wsOpen: 0, wsConnecting: 0 });
  });

  it('no connection in the init context, none to unknown ids, not too many', () => {
    const vu = new FakeVu();
    vu.mayUseNetwork = false;
    expect(() => vu.open('ws://127.0.0.1:1/')).toThrow('init context');
    expect(() => vu.op(Op.wsSendText, 99, 'x')).toThrow('closed');
    expect(vu.op(Op.wsClose, 99, undefined, '')).toBeUndefined();
    expect(vu.details(99)).toBeUndefined();
  });

  it('hides credentials in tags', async () => {
    const vu = new FakeVu();
    const id = vu.open('ws://me:secret@127.0.0.1:1/');
    await vu.heard(id, Delivery.wsClose);
    expect(vu.measured('ws_sessions')[0]?.tags['url']).toBe('ws://****:****@127.0.0.1:1/');
  });
});
