import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocketServer } from 'ws';
import { type GuestRun, runGuest } from './support/guest.ts';

const http = createServer();
let url = '';

beforeAll(async () => {
  const wss = new WebSocketServer({
    noServer: true,
    handleProtocols: (offered) => [...offered][0] ?? false,
  });
  http.on('upgrade', (request, socket, head) => {
    socket.on('error', () => undefined);
    if (request.url === '/refuse') {
      socket.end('HTTP/1.1 429 x\r\nRetry-After: 7\r\nContent-Length: 4\r\n\r\nbusy');
      return;
    }
    wss.handleUpgrade(request, socket, head, (peer) => {
      if (request.url === '/hello') peer.send('{"type":"hello"}');
      if (request.url === '/headers') peer.send(JSON.stringify(request.headers));
      if (request.url === '/cut') socket.end();
      if (request.url === '/bye') peer.close(4001, 'bye');
      peer.on('message', (data, isBinary) => {
        if (!isBinary && data.toString() === 'ping me') peer.ping();
        else peer.send(data, { binary: isBinary });
      });
    });
  });
  http.listen(0, '127.0.0.1');
  await once(http, 'listening');
  url = `ws://127.0.0.1:${(http.address() as AddressInfo).port}`;
});
afterAll(() => {
  http.closeAllConnections();
  http.close();
});

/** Runs the body of a default function; what it gives to `show` comes back as lines. */
async function run(body: string, options = {}): Promise<GuestRun & { shown: string[] }> {
  const source = `
    import { WebSocket } from 'vurun/websocket';
    const url = ${JSON.stringify(url)};
    const show = (...parts) => console.log(parts.map(String).join(' '));
    export default async function () { ${body} }`;
  const result = await runGuest(source, options);
  return { ...result, shown: result.logs.map(({ text }) => text) };
}

describe('the WebSocket of the script', () => {
  it('tells its life by handlers, on… before listeners', async () => {
    const { shown, failures, samples, ends } = await run(`
      const ws = new WebSocket(url + '/', 'chat');
      show(ws.readyState, ws.CONNECTING, WebSocket.OPEN, ws.url === url + '/', ws.binaryType);
      ws.addEventListener('open', (e) => show('open listener', e.target === ws, ws.readyState, ws.protocol));
      ws.onopen = (e) => { show('onopen', e.type, e.timestamp > 1e12); ws.send('hällo'); };
      ws.addEventListener('message', (e) => show('once', e.data), { once: true });
      const never = () => show('never');
      ws.addEventListener('message', never);
      ws.removeEventListener('message', never);
      ws.onmessage = ({ data, origin }) => {
        show('message', typeof data === 'string' ? data : [...new Uint8Array(data)], origin === url);
        if (data === 'hällo') ws.send(new Uint8Array([9, 1, 2]).subarray(1));
        else ws.close(1000, 'done');
      };
      ws.onclose = (e) => show('close', e.code, e.reason, e.wasClean, ws.readyState);
    `);
    expect(failures).toEqual([]);
    expect(shown).toEqual([
      '0 0 1 true arraybuffer',
      'onopen open true',
      'open listener true 1 chat',
      'message hällo true',
      'once hällo',
      'message 1,2 true',
      'close 1000 done true 3',
    ]);
    expect(ends).toEqual(['complete']);
    const count = (metric: string): number => samples.filter((s) => s.metric === metric).length;
    expect(count('ws_sessions')).toBe(1);
    expect(count('ws_msgs_sent')).toBe(2);
    expect(count('ws_msgs_received')).toBe(2);
    expect(count('ws_session_duration')).toBe(1);
  });

  it('can be awaited: opened, next, nextJson, closed', async () => {
    const { shown, failures } = await run(`
      const ws = await new WebSocket(url + '/hello', { name: 'x', tags: { a: 1 } }).opened;
      show(ws.readyState, ws.handshake.status, ws.handshake.headers.Upgrade);
      show(JSON.stringify(await ws.nextJson((m) => m.type === 'hello')));
      ws.send('not json'); ws.sendJson({ n: 1 }); ws.sendJson({ n: 2 });
      const [two, one] = await Promise.all([ws.nextJson((m) => m.n === 2), ws.nextJson((m) => m.n === 1)]);
      show(two.n, one.n);
      ws.send('a'); ws.send('b');
      show(await ws.next((data) => data === 'b', { timeout: '5s' }));
      await ws.next(undefined, { timeout: 20 }).catch((e) => show(e.name, e.message));
      const waiting = ws.next().catch((e) => show(e.name, e.message));
      ws.close(3000, 'enough');
      show(JSON.stringify(await ws.closed));
      await waiting;
      await ws.next().catch((e) => show(e.message));
      show((await ws.opened) === ws);
    `);
    expect(failures).toEqual([]);
    expect(shown).toEqual([
      '1 101 websocket',
      '{"type":"hello"}',
      '2 1',
      'b',
      'TimeoutError no such message within 20ms',
      '{"code":3000,"reason":"enough","wasClean":true}',
      'WebSocketError the connection was closed with code 3000: enough',
      'the connection was closed with code 3000: enough',
      'true',
    ]);
  });

  it('tells why an upgrade was refused', async () => {
    const { shown, failures } = await run(`
      const ws = new WebSocket(url + '/refuse');
      ws.onerror = (e) => show('error', e.error, e.status);
      ws.onclose = (e) => show('close', e.code, e.wasClean);
      await ws.opened.catch((e) =>
        show(e.name, e instanceof Error, e.message, e.status, e.headers['Retry-After'], e.body));
      show(ws.handshake.status, JSON.stringify(await ws.closed));
    `);
    expect(failures).toEqual([]);
    expect(shown.sort()).toEqual([
      '429 {"code":1006,"reason":"","wasClean":false,"error":"upgrade refused: 429 Too Many Requests"}',
      'WebSocketError true upgrade refused: 429 Too Many Requests 429 7 busy',
      'close 1006 false',
      'error upgrade refused: 429 Too Many Requests 429',
    ]);
  });

  it('a refused connection nobody asks about is no failure of the script', async () => {
    const { failures, ends } = await run(`
      const ws = new WebSocket(url + '/refuse');
      ws.opened;
    `);
    expect(failures).toEqual([]);
    expect(ends).toEqual(['complete']);
  });

  it('tells a lost connection by error and then close', async () => {
    const { shown } = await run(`
      const ws = new WebSocket(url + '/cut');
      ws.onerror = (e) => show('error', e.error, e.status);
      ws.onclose = (e) => show('close', e.code, e.wasClean);
      await ws.closed;
    `);
    expect(shown).toEqual([
      'error the peer closed the TCP connection without a close frame (FIN) 0',
      'close 1006 false',
    ]);
  });

  it('hears the code and reason of the peer', async () => {
    const { shown } = await run(`show(JSON.stringify(await new WebSocket(url + '/bye').closed));`);
    expect(shown).toEqual(['{"code":4001,"reason":"bye","wasClean":true}']);
  });

  it('brings NUL, lone surrogates, empty messages, Blobs and views across', async () => {
    const { shown, failures } = await run(`
      const ws = await new WebSocket(url).opened;
      for (const text of ['a\\0b', 'x\\ud800', '', '€\\0']) {
        ws.send(text);
        show(JSON.stringify(await ws.next()));
      }
      ws.send(new ArrayBuffer(0));
      show((await ws.next()).byteLength);
      ws.binaryType = 'blob';
      ws.send(new DataView(new Uint8Array([1, 2, 3]).buffer, 1));
      const blob = await ws.next();
      show(blob.size, new Uint8Array(await blob.arrayBuffer()));
      ws.close();
    `);
    expect(failures).toEqual([]);
    expect(shown).toEqual(['"a\\u0000b"', '"x\ufffd"', '""', '"€\\u0000"', '0', '2 2,3']);
  });

  it('pings, hears pongs with their round trip, and pings of the peer', async () => {
    const { shown, samples } = await run(`
      const ws = await new WebSocket(url).opened;
      ws.onpong = (e) => { show('pong', e.roundTrip >= 0); ws.send('ping me'); };
      ws.onping = () => { show('ping'); ws.close(); };
      ws.ping('abc');
      await ws.closed;
    `);
    expect(shown).toEqual(['pong true', 'ping']);
    expect(samples.filter(({ metric }) => metric === 'ws_ping')).toHaveLength(1);
  });

  it('sends headers and offers protocols of the params', async () => {
    const { shown } = await run(`
      const ws = new WebSocket(url + '/headers', [], { headers: { 'X-A': 'ä'.length }, protocols: ['p'] });
      const h = await ws.nextJson();
      show(h['x-a'], h['user-agent'], ws.protocol);
      ws.closeWith(1001);
    `);
    expect(shown).toEqual(['1 vurun/test p']);
  });

  it('an exception in a handler is a failure of the script and the others still run', async () => {
    const { shown, failures } = await run(`
      const ws = new WebSocket(url);
      ws.onopen = () => { throw new Error('mine'); };
      ws.addEventListener('open', () => { show('second'); ws.close(); });
    `);
    expect(failures.map(({ message }) => message)).toEqual(['mine']);
    expect(shown).toEqual(['second']);
  });

  it('mistakes throw with words', async () => {
    const { shown } = await run(`
      const tell = (f) => { try { f(); show('no error'); } catch (e) { show(e.name + ': ' + e.message); } };
      tell(() => new WebSocket());
      tell(() => new WebSocket('http://x'));
      tell(() => new WebSocket('ws://x#y'));
      tell(() => new WebSocket(url, [], { foo: 1 }));
      tell(() => new WebSocket(url, ['a', 'a']));
      const ws = new WebSocket(url);
      tell(() => ws.send('x'));
      tell(() => ws.close(1001));
      tell(() => ws.close(3000, 'x'.repeat(124)));
      tell(() => ws.addEventListener('zzz', () => 0));
      await ws.opened;
      tell(() => ws.send(5));
      tell(() => ws.ping('x'.repeat(126)));
      ws.close();
      ws.close();
      tell(() => ws.send('x'));
      await ws.closed;
      tell(() => ws.send('x'));
      show(ws.bufferedAmount);
    `);
    expect(shown).toEqual([
      'SyntaxError: WebSocket requires a url',
      'SyntaxError: WebSocket requires url with scheme ws or wss, but got "http"',
      'SyntaxError: WebSocket requires no url fragment, but got "y"',
      "TypeError: unknown WebSocket's option foo",
      expect.stringContaining('SyntaxError: WebSocket cannot be opened:'),
      expect.stringMatching(/^InvalidStateError: send: .*CONNECTING$/),
      expect.stringMatching(/^InvalidAccessError: the close code/),
      expect.stringMatching(/^SyntaxError: the close reason/),
      expect.stringContaining('unknown event type: zzz'),
      expect.stringContaining('TypeError: send(data): data must be'),
      expect.stringContaining('longer than 125 bytes'),
      expect.stringMatching(/^InvalidStateError: send: .*CLOSING$/),
      expect.stringMatching(/^InvalidStateError: send: .*CLOSED$/),
      '0',
    ]);
  });

  it('may not be opened in the init context', async () => {
    const { failures } = await runGuest(`
      import { WebSocket } from 'vurun/websocket';
      new WebSocket(${JSON.stringify(url)});
      export default function () {}
    `);
    expect(failures[0]?.message).toBe(
      'WebSocket connections in the init context are not supported',
    );
  });

  it('keeps the iteration alive, and is closed when that is cut short', async () => {
    const closed = new Promise<number>((resolve) => {
      http.once('upgrade', (_request, socket) => socket.once('close', () => resolve(1)));
    });
    const { ends, samples } = await run(`new WebSocket(url);`, { interruptAfterMs: 100 });
    expect(ends).toEqual(['interrupted']);
    expect(await closed).toBe(1);
    expect(samples.filter(({ metric }) => metric === 'ws_session_duration')).toHaveLength(1);
  });
});
