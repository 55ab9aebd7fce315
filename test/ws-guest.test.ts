/** `vurun/ws` in real QuickJS over real sockets: sessions, their ends, pings, back-pressure, keep. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo, createServer as createTcpServer, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type WebSocket, WebSocketServer } from 'ws';
import { type GuestRun, runGuest } from './support/guest.ts';

const http = createServer();
/** Accepts TCP connections and says nothing. */
const mute = createTcpServer();
const muted = new Set<Socket>();
let url = '';
/** Upgrades that are still refused at /busy. */
let busy = 0;
let muteUrl = '';
/** The sockets the peer has, by path, and the codes they were closed with. */
const peers = new Map<string, WebSocket>();
const codes = new Map<string, number[]>();

beforeAll(async () => {
  const wss = new WebSocketServer({
    noServer: true,
    handleProtocols: (offered) => [...offered][0] ?? false,
    autoPong: false,
  });
  wss.on('headers', (headers) => headers.push('X-Call: c-1', 'X-Request-Id: r-1'));
  http.on('upgrade', (request, socket, head) => {
    socket.on('error', () => undefined);
    const path = request.url ?? '';
    if (path === '/refuse' || (path === '/busy' && busy-- > 0)) {
      socket.end(
        'HTTP/1.1 429 x\r\nRetry-After: 7\r\nX-Call: c-2\r\nContent-Length: 4\r\n\r\nbusy',
      );
      return;
    }
    wss.handleUpgrade(request, socket, head, (peer) => {
      peers.set(path, peer);
      if (path !== '/deaf') peer.on('ping', (data) => peer.pong(data));
      if (path === '/hello') peer.send('{"type":"hello"}');
      if (path === '/three') for (const text of ['{"n":1}', 'two', '3']) peer.send(text);
      if (path === '/cut') socket.end();
      if (path === '/reset') setTimeout(() => (socket as Socket).resetAndDestroy(), 20);
      if (path === '/bye') peer.close(4001, 'bye');
      peer.on('close', (code) => codes.set(path, [...(codes.get(path) ?? []), code]));
      peer.on('message', (data, isBinary) => {
        const text = data.toString();
        if (text === 'ping me') peer.ping();
        else if (text.startsWith('flood ')) {
          for (let n = 0; n < Number(text.slice(6)); n++) peer.send(`{"n":${n}}`);
        } else if (text === 'leave') peer.close(1000, 'left');
        else if (text === 'later') setTimeout(() => peer.send('{"type":"late"}'), 20);
        else peer.send(data, { binary: isBinary });
      });
    });
  });
  http.listen(0, '127.0.0.1');
  mute.on('connection', (socket) => {
    muted.add(socket);
    socket.on('error', () => undefined);
  });
  mute.listen(0, '127.0.0.1');
  await Promise.all([once(http, 'listening'), once(mute, 'listening')]);
  url = `ws://127.0.0.1:${(http.address() as AddressInfo).port}`;
  muteUrl = `//127.0.0.1:${(mute.address() as AddressInfo).port}`;
});
afterAll(() => {
  for (const socket of muted) socket.destroy();
  http.closeAllConnections();
  http.close();
  mute.close();
});

/** Runs the body of a default function; what it gives to `show` comes back as lines. */
async function run(body: string, options = {}, top = ''): Promise<GuestRun & { shown: string[] }> {
  const source = `
    import { sleep } from 'vurun';
    import ws, { connect, Session, WsError } from 'vurun/ws';
    const url = ${JSON.stringify(url)}, mute = ${JSON.stringify(muteUrl)};
    const show = (...parts) => console.log(parts.map(String).join(' '));
    const tell = (e) => show(e.name + ': ' + e.message);
    ${top}
    export default async function () { ${body} }`;
  const result = await runGuest(source, options);
  return {
    ...result,
    shown: result.logs.filter(({ level }) => level === 'info').map(({ text }) => text),
  };
}
const count = ({ samples }: GuestRun, metric: string): number =>
  samples.filter((sample) => sample.metric === metric).length;

describe('a session', () => {
  it('connects, sends, expects, and closes', async () => {
    const result = await run(`
      const s = await ws.connect(url + '/', { name: 'x', subprotocols: ['chat'], headers: { 'X-A': '1' } });
      show(s instanceof Session, ws.connect === connect, s.url === url + '/', s.isOpen, s.subprotocol);
      show(s.details.status, s.details.headers['X-Call'], s.cause);
      s.sendJson({ type: 'a', n: 1 }); s.send('plain'); s.sendJson([1]); s.send('5');
      s.send(new Uint8Array([7]));
      show(JSON.stringify(await s.next((m) => m.type === 'a')), await s.next());
      show(JSON.stringify(await s.next()), await s.nextJson(), new Uint8Array(await s.next()));
      const end = await s.close(3000, 'enough');
      show(end.cause, end.code, end.phase, end.initiator, end.status, end.reason, JSON.stringify(end.ids));
      show(s.cause === end, (await s.closed) === end, (await s.close()) === end, s.isOpen);
    `);
    expect(result.failures).toEqual([]);
    expect(result.shown).toEqual([
      'true true true true chat',
      '101 c-1 undefined',
      '{"type":"a","n":1} plain',
      '[1] 5 7',
      'closed-by-us 3000 closing local 101 enough {"x-request-id":"r-1"}',
      'true true true false',
    ]);
    expect(count(result, 'ws_sessions')).toBe(1);
    expect(count(result, 'ws_sessions_leaked')).toBe(0);
    expect(count(result, 'ws_msgs_sent')).toBe(5);
  });

  it('that is refused rejects with all there is to know', async () => {
    const { shown, failures } = await run(`
      const e = await ws.connect(url + '/refuse', { idHeaders: ['X-Call'] }).catch((e) => e);
      show(e instanceof WsError, e.name, e.message, e.status, e.retryAfter, e.headers['Retry-After'], e.body);
      const { cause, phase, initiator, code, status, ids } = e.cause;
      show(cause, phase, initiator, code, status, JSON.stringify(ids), e.cause.ageMs >= 0);
    `);
    expect(failures).toEqual([]);
    expect(shown).toEqual([
      'true WsError upgrade refused: 429 Too Many Requests 429 7 7 busy',
      'status upgrade peer 0 429 {"x-call":"c-2"} true',
    ]);
  });

  it.each([
    [
      '/bye',
      'closed-by-peer 4001 bye peer closing undefined',
      'closed by the peer, code 4001: bye',
    ],
    ['/cut', 'lost-fin 1006  peer open fin', 'without a close frame (FIN)'],
    ['/reset', 'lost-rst 1006  peer open rst', 'connection reset by the peer (RST)'],
  ])('tells how it ended: %s', async (path, told, message) => {
    const { shown, failures } = await run(`
      const s = await connect(url + '${path}');
      s.on('close', (c) => show('close', c === s.cause));
      await s.next().catch((e) => show(e.name, e.message));
      const c = await s.closed;
      show(c.cause, c.code, c.reason, c.initiator, c.phase, c.wire);
      await s.next().catch((e) => show(e.cause === c, e.status));
      try { s.send('x'); } catch (e) { tell(e); }
    `);
    expect(failures).toEqual([]);
    expect(shown.sort()).toEqual(
      [
        `WsError ${shown.find((line) => line.startsWith('WsError'))?.slice(8)}`,
        'close true',
        told,
        'true 101',
        'InvalidStateError: send(): the session has ended',
      ].sort(),
    );
    expect(shown.find((line) => line.startsWith('WsError'))).toContain(message);
  });

  it('is iterated until it ends', async () => {
    const { shown, failures } = await run(`
      const s = await connect(url + '/three');
      for await (const m of s) {
        show(typeof m, JSON.stringify(m));
        if (m === '3') s.send('leave');
      }
      show(s.cause.cause, s.cause.code, s.cause.reason);
    `);
    expect(failures).toEqual([]);
    expect(shown).toEqual([
      'object {"n":1}',
      'string "two"',
      'string "3"',
      'closed-by-peer 1000 left',
    ]);
  });

  it('has handlers, which do not keep messages for next() until that was called', async () => {
    const { shown, failures } = await run(`
      const s = await connect(url + '/');
      const all = [];
      const message = (data) => all.push(typeof data);
      s.on('message', message).on('json', (value) => { all.push(value.n ?? value); });
      s.on('ping', () => { show('ping'); s.ping(); }).on('pong', (ms) => { show('pong', ms >= 0); s.sendJson({ n: 9 }); });
      s.sendJson({ n: 1 }); s.send('text'); s.send('ping me');
      await s.next((m) => m.n === 9);
      s.off('message', message);
      s.sendJson({ n: 10 });
      show((await s.next()).n, all.join());
      await s.close();
    `);
    expect(failures).toEqual([]);
    expect(shown).toEqual(['ping', 'pong true', '10 string,1,string,string,9,10']);
  });

  it('gives up waiting in time, and what its predicate throws is thrown', async () => {
    const { shown, failures } = await run(`
      const s = await connect(url + '/');
      await s.next(null, { timeout: '20ms' }).catch(tell);
      await s.nextJson(null, { timeout: 20 }).catch(tell);
      s.send('x');
      await s.next(() => { throw new Error('mine'); }).catch(tell);
      await s.close();
    `);
    expect(failures).toEqual([]);
    expect(shown).toEqual([
      'TimeoutError: next(): timeout of 20ms passed without such a message',
      'TimeoutError: nextJson(): timeout of 20ms passed without such a message',
      'Error: mine',
    ]);
  });

  it('may not be opened in the init context, awaited or not', async () => {
    const { failures } = await runGuest(`
      import ws from 'vurun/ws';
      ws.connect(${JSON.stringify(url)});
      export default function () {}`);
    expect(failures.map(({ message }) => message)).toEqual([
      'Using ws.connect() in the init context is not supported',
    ]);
  });

  it('refuses wrong arguments, naming the parameter', async () => {
    const { shown, failures } = await run(`
      const bad = async (...args) => tell(await connect(...args).catch((e) => e));
      await bad(); await bad('http://x'); await bad(url, 5); await bad(url, { timeout: 1 });
      await bad(url, { timeouts: 5 }); await bad(url, { timeouts: { upgrde: 5 } });
      await bad(url, { timeouts: { upgrade: 'soon' } }); await bad(url, { timeouts: { dns: 0 } });
      await bad(url, { ping: {} }); await bad(url, { ping: { every: '1s', timeout: -1 } });
      await bad(url, { keep: 1 }); await bad(url, { idHeaders: 'x' }); await bad(url, { tags: { a: {} } });
      await bad(url, { headers: 5 });
      const s = await connect(url);
      const not = (f) => { try { f(); show('fine'); } catch (e) { tell(e); } };
      not(() => s.on('open', () => 0)); not(() => s.on('json', 5)); not(() => s.close(1006));
      not(() => s.close(1000, 'x'.repeat(124))); not(() => s.sendJson(undefined)); not(() => s.send(5));
      await s.next(5).catch(tell); await s.next(null, { timeout: 'x' }).catch(tell); await s.next(null, 5).catch(tell);
      await s.close();
    `);
    expect(failures).toEqual([]);
    expect(shown).toEqual([
      'SyntaxError: WebSocket requires a url',
      'SyntaxError: WebSocket requires url with scheme ws or wss, but got "http"',
      'TypeError: ws.connect(url, options): options must be an object, not 5',
      expect.stringContaining('there is no option timeout; there are headers, '),
      'TypeError: ws.connect(url, options): timeouts must be an object',
      expect.stringContaining(
        'there is no timeouts.upgrde; there are dns, connect, tls, upgrade, ',
      ),
      expect.stringContaining('timeouts.upgrade is "soon", which is no duration above 0'),
      expect.stringContaining('timeouts.dns is 0, which is no duration above 0'),
      expect.stringContaining('ping.every is missing'),
      expect.stringContaining('ping.timeout is -1, which is no duration'),
      expect.stringContaining('keep must be true or false'),
      expect.stringContaining('idHeaders must be a list of header names'),
      expect.stringContaining("tag 'a' must be a string"),
      expect.stringContaining('params.headers must be an object'),
      expect.stringContaining(
        "on(name, handler): name must be one of message, json, close, ping, pong, not 'open'",
      ),
      'TypeError: on(name, handler): handler must be a function, not 5',
      expect.stringContaining('close(code, reason): code must be 1000 to 1003'),
      expect.stringContaining('close(code, reason): reason must be text of at most 123 bytes'),
      expect.stringContaining('sendJson(value): JSON cannot hold value'),
      expect.stringContaining('TypeError: send(data): data must be'),
      'TypeError: next(predicate, { timeout }): predicate must be a function, not 5',
      expect.stringContaining("next(predicate, { timeout }): timeout: 'x' is no duration"),
      'TypeError: next(predicate, { timeout }): the options must be an object, not 5',
    ]);
  });
});

describe('a session with a policy', () => {
  const top = `
    import { backoff } from 'vurun';
    const retry = backoff.fixed('5ms', { max: 2 });`;

  it('tries again, and tells of the last attempt', async () => {
    busy = 2;
    const { shown, failures, attempts } = await run(
      `const s = await connect(url + '/busy', { retry, name: 'busy' });
       show(s.isOpen, s.details.status);
       await s.close();
       await connect(url + '/refuse', { retry, timeouts: { upgrade: '5s' } }).catch((e) =>
         show(e.name, e.status, e.retryAfter, e.body, e.cause.cause));
       await connect(url, { retry: 5 }).catch(tell);`,
      {},
      top,
    );
    expect(failures).toEqual([]);
    expect(shown).toEqual([
      'true 101',
      'WsError 429 7 busy status',
      expect.stringContaining('TypeError: ws.connect(url, options).retry'),
    ]);
    const records = attempts().map(({ op, attempt, status }) => [op, attempt, status]);
    const [first, , , other] = records.map(([op]) => op);
    expect(records).toEqual([
      [first, 1, 429],
      [first, 2, 429],
      [first, 3, 101],
      [other, 1, 429],
      [other, 2, 429],
      [other, 3, 429],
    ]);
  });
});

describe('the times of a session', () => {
  it.each([
    ["'ws:' + mute", 'upgrade', 'without an answer to the upgrade', 'timeout upgrade'],
    ["'wss:' + mute", 'tls', 'without the end of the TLS handshake', 'timeout tls'],
  ])('bound each phase: %s', async (where, phase, message, told) => {
    const { shown, failures } = await run(`
      const e = await connect(${where}, { timeouts: { ${phase}: '50ms' } }).catch((e) => e);
      show(e.message); show(e.cause.cause, e.cause.phase, e.cause.initiator, e.status);
    `);
    expect(failures).toEqual([]);
    expect(shown).toEqual([`timeouts.${phase} of 50ms passed ${message}`, `${told} local 0`]);
  });

  it('bound the first message', async () => {
    const { shown, failures, samples } = await run(`
      const s = await connect(url + '/', { timeouts: { firstMessage: 50 } });
      const c = await s.closed;
      show(c.message, c.cause, c.code, c.phase, c.initiator);
      const quick = await connect(url + '/hello', { timeouts: { firstMessage: 200 } });
      await sleep(0.3);
      show(quick.isOpen);
      await quick.close();
    `);
    expect(failures).toEqual([]);
    expect(shown).toEqual([
      'timeouts.firstMessage of 50ms passed without a message timeout 1006 open local',
      'true',
    ]);
    expect(samples.filter(({ metric }) => metric === 'ws_sessions_lost')).toHaveLength(1);
  });

  it('pings by itself, and ends when no pong comes', async () => {
    const { shown, failures, samples } = await run(`
      const well = await connect(url + '/', { ping: { every: 20, timeout: '5s' } });
      await new Promise((resolve) => well.on('pong', resolve));
      await well.close();
      const s = await connect(url + '/deaf', { ping: { every: '30ms', timeout: '60ms' } });
      const c = await s.closed;
      show(c.cause, c.message, c.code, c.initiator);
    `);
    expect(failures).toEqual([]);
    expect(shown).toEqual(['pong-timeout ping.timeout of 60ms passed without a pong 1006 local']);
    expect(samples.filter(({ metric }) => metric === 'ws_ping').length).toBeGreaterThan(0);
  });
});

describe('back-pressure', () => {
  it('loses no message of a peer that is faster than the script', async () => {
    const { shown, failures } = await run(`
      const s = await connect(url + '/');
      s.send('flood 5000');
      await sleep(0.2);
      let sum = 0;
      for (let n = 0; n < 5000; n++) sum += (await s.next()).n;
      show(sum);
      await s.close();
    `);
    expect(failures).toEqual([]);
    expect(shown).toEqual([String((4_999 * 5_000) / 2)]);
  });

  it('does not hold up a peer whose end is all the script waits for', async () => {
    const { shown, failures } = await run(`
      const s = await connect(url + '/');
      s.send('flood 5000'); s.send('leave');
      await sleep(0.2);
      const { code } = await s.closed;
      let left = 0;
      for await (const _ of s) left++;
      show(code, left > 0, left <= 1000);
    `);
    expect(failures).toEqual([]);
    expect(shown).toEqual(['1000 true true']);
  });

  it('tells when all that was sent is with the network', async () => {
    const { shown, failures } = await run(`
      const s = await connect('ws:' + mute.replace(/.*/, url.slice(3)) + '/');
      await s.drained();
      for (let n = 0; n < 8; n++) s.send(new Uint8Array(500_000));
      await s.drained();
      show(s.bufferedAmount);
      await s.close();
      await s.drained();
    `);
    expect(failures).toEqual([]);
    expect(shown).toEqual(['0']);
  });
});

describe('the end of the iteration', () => {
  it('closes what was left open, and counts it as leaked', async () => {
    codes.delete('/leak');
    const closed = new Promise((resolve) =>
      http.once('upgrade', (_q, socket) => socket.once('close', resolve)),
    );
    const result = await run(
      `if (globalThis.old) {
         show(old.isOpen, old.cause.cause, (await old.closed).message);
         await old.next().catch(tell);
         return;
       }
       globalThis.old = await connect(url + '/leak', { name: 'forgotten' });`,
      { iterations: 2 },
    );
    expect(result.failures).toEqual([]);
    expect(result.ends).toEqual(['complete', 'complete']);
    const leaks = result.samples.filter(({ metric }) => metric === 'ws_sessions_leaked');
    expect(leaks.map(({ tags }) => tags['name'])).toEqual(['forgotten']);
    expect(result.shown).toEqual([
      'false iteration-ended it was left open when its iteration ended',
      'WsError: the session has ended: it was left open when its iteration ended',
    ]);
    const warnings = result.logs.filter(({ level }) => level === 'warning');
    expect(warnings).toHaveLength(1);
    expect(warnings[0]?.text).toContain(
      'the session "forgotten" was still open when its iteration ended',
    );
    await closed;
    expect(codes.get('/leak')).toEqual([1001]);
  });

  it('does not wait for an open session, but for a function that waits for one', async () => {
    const { shown, failures, ends } = await run(`
      const s = await connect(url + '/');
      await new Promise((resolve) => s.on('json', (m) => m.type === 'late' && resolve()).send('later'));
      show('late');
      await s.close();
    `);
    expect(failures).toEqual([]);
    expect(shown).toEqual(['late']);
    expect(ends).toEqual(['complete']);
  });

  it('keeps what is to be kept: messages between iterations wait for the next', async () => {
    codes.delete('/keep');
    const result = await run(
      `if (s === undefined) {
         s = await connect(url + '/keep', { keep: true, name: 'kept' });
         s.send('flood 3000'); s.send('later');
         return;
       }
       if (__ITER === 1) { for (let n = 0; n < 3000; n++) sum += (await s.next()).n; return; }
       if (__ITER === 2) { show(sum, (await s.next()).type, s.isOpen); return; }
       if (__ITER === 3) { s.send('leave'); return; }
       if (s.cause === undefined) await s.closed;
       show(s.isOpen, s.cause.cause, s.cause.code);`,
      { iterations: 5 },
      'let s, sum = 0;',
    );
    expect(result.failures).toEqual([]);
    expect(result.shown).toEqual([`${(2_999 * 3_000) / 2} late true`, 'false closed-by-peer 1000']);
    expect(count(result, 'ws_sessions')).toBe(1);
    expect(count(result, 'ws_sessions_leaked')).toBe(0);
    expect(count(result, 'ws_closes')).toBe(1);
  });

  it('of the VU closes what was kept, in order', async () => {
    codes.delete('/kept');
    const gone = new Promise((resolve) =>
      http.once('upgrade', (_q, socket) => socket.once('close', resolve)),
    );
    const result = await run(
      `s ??= await connect(url + '/kept', { keep: true });`,
      { iterations: 3 },
      'let s;',
    );
    expect(result.failures).toEqual([]);
    await gone;
    expect(codes.get('/kept')).toEqual([1001]);
    const closes = result.samples.filter(({ metric }) => metric === 'ws_closes');
    expect(closes.map(({ tags }) => tags['cause'])).toEqual(['vu-ended']);
    expect(count(result, 'ws_sessions_leaked')).toBe(0);
  });

  it('that is cut short leaves a kept session as it is, and is no leak of the others', async () => {
    const result = await run(
      `if (s === undefined) {
         await connect(url + '/short');
         s = await connect(url + '/cutshort', { keep: true });
         s.send('later');
         await s.next((m) => m === 'never');
       }
       s.send('later');
       show((await s.next()).type, s.isOpen);`,
      { iterations: 2, interruptAfterMs: 400 },
      'let s;',
    );
    expect(result.failures).toEqual([]);
    expect(result.ends).toEqual(['interrupted', 'complete']);
    expect(result.shown).toEqual(['late true']);
    expect(count(result, 'ws_sessions_leaked')).toBe(0);
  });
});
