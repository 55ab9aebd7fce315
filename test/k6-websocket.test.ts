/** Scripts as k6's users write them, with `k6/ws` and `k6/websockets`, against real servers. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  count,
  logLines,
  ownTraces,
  runCli,
  runScript,
  type ScriptRun,
  said,
} from './support/cli.ts';
import { type WsServer, wsServer } from './support/ws-server.ts';

const servers: WsServer[] = [];
async function server(): Promise<WsServer> {
  const made = await wsServer();
  servers.push(made);
  return made;
}
afterAll(() => {
  for (const one of servers) one.close();
});

/** Runs the body of a default function once. */
async function run(
  { url }: Pick<WsServer, 'url'>,
  body: string,
  args: readonly string[] = [],
  more = '',
): Promise<ScriptRun> {
  return runScript(
    `import ws from 'k6/ws';
import http from 'k6/http';
import { check, group, sleep } from 'k6';
import { setTimeout } from 'k6/timers';
const url = __ENV.TARGET;
${more}
export default function () {
${body}
}
`,
    ['-e', `TARGET=${url}`, ...args],
  );
}

interface Point {
  metric: string;
  data: { value: number; tags: Record<string, string> };
}
function points(result: ScriptRun, metric: string): Point['data'][] {
  return readFileSync(join(result.dir, 'out.json'), 'utf8')
    .split('\n')
    .filter((line) => line.includes('"Point"'))
    .map((line) => JSON.parse(line) as Point)
    .filter((point) => point.metric === metric)
    .map(({ data }) => data);
}

describe.concurrent('k6/ws', () => {
  test('runs a script of the kind k6 shows in its documentation, as it is', async () => {
    const target = await server();
    const result = await runScript(
      `import ws from 'k6/ws';
import { check } from 'k6';

export const options = { vus: 2, iterations: 4, thresholds: { checks: ['rate==1'] } };

export default function () {
  const params = { tags: { my_tag: 'hello' } };

  const res = ws.connect(__ENV.TARGET + '/hello', params, function (socket) {
    socket.on('open', function open() {
      console.log('connected');
      socket.send(JSON.stringify({ event: 'SUBMIT' }));

      socket.setInterval(function timeout() {
        socket.ping();
      }, 50);
    });

    socket.on('ping', () => console.log('PING!'));
    socket.on('pong', () => console.log('PONG!'));
    socket.on('message', (message) => console.log('received ' + message));
    socket.on('close', () => console.log('disconnected'));
    socket.on('error', (e) => {
      if (e.error() != 'websocket: close sent') {
        console.log('An unexpected error occurred: ', e.error());
      }
    });

    socket.setTimeout(function () {
      socket.close();
    }, 900);
  });

  check(res, { 'status is 101': (r) => r && r.status === 101 });
}
`,
      ['-e', `TARGET=${target.url}`],
    );
    expect(result.exitCode).toBe(0);
    const lines = said(result);
    const times = (line: string): number => lines.filter((one) => one === line).length;
    expect(times('connected')).toBe(4);
    expect(times('received hello')).toBe(4);
    expect(times('received {"event":"SUBMIT"}')).toBe(4);
    expect(times('disconnected')).toBe(4);
    expect(times('PONG!')).toBeGreaterThanOrEqual(4);
    expect(lines.filter((line) => line.includes('unexpected'))).toEqual([]);
    expect(count(result, 'ws_sessions')).toBe(4);
    expect(count(result, 'ws_msgs_sent')).toBe(4);
    expect(count(result, 'ws_msgs_received')).toBe(8);
    expect(target.closes).toEqual([1001, 1001, 1001, 1001]);
  });

  test('calls each kind of handler, in the order they were added', async () => {
    const target = await server();
    const result = await run(
      target,
      `const show = (...parts) => console.log(parts.join(' '));
  const res = ws.connect(url + '/ping', {}, (socket) => {
    show('set up');
    socket.on('open', () => show('open 1'));
    socket.on('open', () => {
      show('open 2');
      socket.send('text');
      socket.sendBinary(new Uint8Array([1, 2]).buffer);
      socket.ping();
    });
    socket.on('ping', () => show('ping'));
    socket.on('message', (data) => show('message', typeof data, data));
    socket.on('binaryMessage', (data) => show('binary', data instanceof ArrayBuffer, new Uint8Array(data)));
    socket.on('pong', () => {
      show('pong');
      show('closing');
      socket.close(3001);
      show('closed');
      socket.close(3002);
      socket.send('too late');
    });
    socket.on('error', (e) => show('error', e.error(), String(e.message)));
    socket.on('close', (code) => show('close', code, typeof code));
    socket.on('nonsense', () => show('never'));
  });
  show('returned', res.status, res.url === url + '/ping', res.headers.Upgrade, res.error === '', res.body === '');`,
    );
    expect(result.exitCode).toBe(0);
    const lines = said(result);
    // A ping of the peer may come before the open handlers have run, or after.
    expect(lines.filter((line) => line !== 'ping')).toEqual([
      'set up',
      'open 1',
      'open 2',
      'message string text',
      'binary true 1,2',
      'pong',
      'closing',
      'close 3001 number',
      'closed',
      'error websocket: close sent websocket: close sent',
      'returned 101 true websocket true true',
    ]);
    expect(lines.filter((line) => line === 'ping')).toHaveLength(1);
    expect(logLines(result, 'warning').join()).toContain("socket.on('nonsense') does nothing");
    expect(target.closes).toEqual([3001]);
    expect(target.messages).toEqual(['text', [1, 2]]);
  });

  test('tells how the peer ended it', async () => {
    const target = await server();
    const result = await run(
      target,
      `for (const path of ['/normal', '/bye', '/cut']) {
    const res = ws.connect(url + path, (socket) => {
      socket.on('error', (e) => console.log(path + ' error ' + e.error()));
      socket.on('close', (code) => console.log(path + ' close ' + code));
    });
    console.log(path + ' ' + res.status);
  }`,
    );
    expect(said(result)).toEqual([
      '/normal close 1000',
      '/normal 101',
      '/bye error websocket: close 4001: bye',
      '/bye close 4001',
      '/bye 101',
      expect.stringMatching(/^\/cut error websocket: close 1006 \(abnormal closure\): .*FIN/),
      '/cut close 1006',
      '/cut 101',
    ]);
  });

  test('a refusal and a failed dial give a response, and no callback is called', async () => {
    const target = await server();
    const body = `for (const address of [url + '/429', url + '/502', url + '/reset', 'ws://127.0.0.1:1/', 'http://x/']) {
    const res = ws.connect(address, { tags: { t: 'v' } }, () => console.log('never'));
    console.log(JSON.stringify(res));
  }`;
    const result = await run(target, body, ['--out', 'json=out.json']);
    expect(result.exitCode).toBe(0);
    const answers = said(result).map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(answers).toMatchObject([
      {
        url: '',
        status: 429,
        headers: { 'Retry-After': '7', 'X-Two': 'a, b', 'Content-Length': '4' },
        body: 'busy',
        error: '',
      },
      { url: '', status: 502, headers: { Server: 'edge' }, body: '', error: '' },
      { status: 0, headers: {}, error: expect.stringContaining('reset') },
      { status: 0, headers: {}, error: expect.stringContaining('connection refused') },
      { status: 0, error: 'WebSocket requires url with scheme ws or wss, but got "http"' },
    ]);
    expect(logLines(result, 'warning')).toHaveLength(3);
    expect(points(result, 'ws_sessions').map(({ tags }) => tags['status'])).toEqual([
      '429',
      '502',
      '0',
      '0',
    ]);
    // Failed attempts are sessions too.
    expect(points(result, 'ws_session_duration')).toHaveLength(4);
    expect(points(result, 'ws_connecting')).toHaveLength(4);

    const throwing = await run(
      target,
      `for (const path of ['/429', '/reset']) {
    try { ws.connect(url + path, () => 0); } catch (e) { console.log(e.name + ' ' + e.message); }
  }`,
      [],
      'export const options = { throw: true };',
    );
    expect(said(throwing)).toEqual([
      'GoError websocket: bad handshake (upgrade refused: 429 Too Many Requests)',
      expect.stringMatching(/^GoError connection reset/),
    ]);
  });

  test('blocks: nothing else runs before it returns, and a handler that waits holds up the rest', async () => {
    const target = await server();
    const result = await run(
      target,
      `setTimeout(() => console.log('global timer'), 1);
  Promise.resolve().then(() => console.log('promise'));
  class Client {
    seen = [];
    handle(message) {
      this.seen.push(message);
      if (message === '3') {
        console.log('waits');
        sleep(0.1);
        console.log('waited, seen ' + this.seen.length);
      }
      if (message === '19') this.socket.close();
    }
    connect(path) {
      return ws.connect(url + path, (socket) => {
        this.socket = socket;
        socket.setTimeout(() => console.log('socket timer after ' + this.seen.length), 20);
        socket.on('message', (message) => this.handle(message));
        socket.on('close', () => { sleep(0.05); console.log('closing took its time'); });
      });
    }
  }
  const client = new Client();
  const res = group('outer', () => client.connect('/burst'));
  console.log('back with ' + res.status + ', ' + client.seen.join(''));`,
    );
    expect(result.stderr).not.toMatch(ownTraces);
    const lines = said(result);
    expect(lines.filter((line) => !line.startsWith('socket timer'))).toEqual([
      'waits',
      'waited, seen 4',
      'closing took its time',
      'back with 101, 012345678910111213141516171819',
      'promise',
      'global timer',
    ]);
    expect(lines.indexOf('waited, seen 4')).toBe(lines.indexOf('waits') + 1);
  });

  test('may be used inside of itself, after requests, and over again', async () => {
    const target = await server();
    const result = await run(
      target,
      `const outer = ws.connect(url + '/hello', (socket) => {
    socket.on('message', (message) => {
      if (message === 'done') { socket.close(); return; }
      const inner = ws.connect(url + '/hello', (second) => {
        second.on('message', (m) => { console.log('inner ' + m); second.close(); });
      });
      console.log('inner ' + inner.status);
      socket.send('done');
    });
  });
  console.log('outer ' + outer.status);
  for (let n = 0; n < 3; n++) ws.connect(url + '/hello', (s) => s.on('message', () => s.close(1000)));`,
    );
    expect(said(result)).toEqual(['inner hello', 'inner 101', 'outer 101']);
    expect(target.closes).toEqual([1001, 1001, 1000, 1000, 1000]);
  });

  test('what a handler throws comes out of connect, and the connection is closed', async () => {
    const target = await server();
    const result = await run(
      target,
      `for (const where of ['setup', 'open', 'message', 'timer']) {
    const boom = () => { throw new Error('boom in ' + where); };
    try {
      ws.connect(url + '/hello', (socket) => {
        if (where === 'setup') boom();
        if (where === 'timer') socket.setTimeout(boom, 1);
        else socket.on(where, boom);
      });
      console.log('never');
    } catch (e) {
      console.log(e.message);
    }
  }
  ws.connect(url + '/hello', (socket) => socket.on('message', () => { undefined.property; }));`,
    );
    expect(said(result)).toEqual([
      'boom in setup',
      'boom in open',
      'boom in message',
      'boom in timer',
    ]);
    expect(logLines(result, 'error').join()).toMatch(/TypeError: .*main\.ts:21/);
    expect(target.closes).toEqual([1001, 1001, 1001, 1001, 1001]);
  });

  test('a cut-off iteration closes the socket with 1001', async () => {
    const target = await server();
    const result = await run(
      target,
      `ws.connect(url + '/hello', (socket) => {
    socket.on('message', () => console.log('open'));
    socket.on('close', () => console.log('never'));
  });
  console.log('never');`,
      ['--vus', '1', '--duration', '1s'],
      "export const options = { scenarios: { s: { executor: 'constant-vus', vus: 1, duration: '1s', gracefulStop: '0s' } } };",
    );
    expect(said(result)).toEqual(['open']);
    expect(target.closes).toEqual([1001]);
    expect(count(result, 'iterations')).toBe(0);
  });

  test('samples carry what those of k6 carry', async () => {
    const target = await server();
    const result = await run(
      target,
      `ws.connect(url + '/hello', { tags: { mine: 'x' }, headers: { 'Sec-WebSocket-Protocol': 'chat' } }, (socket) => {
    socket.on('message', () => socket.ping());
    socket.on('pong', () => { socket.send('a'); socket.close(); });
  });`,
      ['--out', 'json=out.json'],
    );
    const [session] = points(result, 'ws_sessions');
    expect(session?.tags).toEqual({
      group: '',
      scenario: 'default',
      mine: 'x',
      status: '101',
      subproto: 'chat',
      url: `${target.url}/hello`,
    });
    const each = (name: string): number => points(result, name).length;
    expect(each('ws_connecting')).toBe(1);
    expect(each('ws_session_duration')).toBe(1);
    expect(each('ws_msgs_sent')).toBe(1);
    expect(each('ws_msgs_received')).toBe(1);
    expect(each('ws_ping')).toBe(1);
  });

  test('cookies of the jar go with the upgrade, unless the script says which', async () => {
    const target = await server();
    const result = await run(
      target,
      `const asked = url.replace('ws:', 'http:');
  const cookie = (params) => {
    let seen;
    ws.connect(url + '/headers', params, (socket) => {
      socket.on('message', (text) => { seen = JSON.parse(text).cookie; socket.close(); });
    });
    console.log(String(seen));
  };
  cookie(null);
  http.cookieJar().set(asked, 'own', '1');
  cookie({});
  const jar = new http.CookieJar();
  jar.set(asked, 'other', '2');
  cookie({ jar });
  cookie({ headers: { Cookie: 'said=3' } });`,
    );
    expect(said(result)).toEqual(['undefined', 'own=1', 'other=2', 'said=3']);
  });

  test('cookies of the answer go into the jar', async () => {
    const target = await server();
    const result = await run(
      target,
      `const asked = url.replace('ws:', 'http:');
  const show = (jar) => console.log(Object.entries(jar.cookiesForURL(asked)).join(';'));
  ws.connect(url + '/cookies', null, (socket) => socket.on('open', () => socket.close()));
  show(http.cookieJar());
  const jar = new http.CookieJar();
  ws.connect(url + '/cookies', { jar }, (socket) => socket.on('open', () => socket.close()));
  show(jar);
  ws.connect(url + '/refused-cookie', (socket) => undefined);
  show(http.cookieJar());
  ws.connect(url + '/headers', (socket) => socket.on('message', (text) => { console.log(JSON.parse(text).cookie); socket.close(); }));`,
    );
    expect(said(result)).toEqual([
      'a,1;b,2',
      'a,1;b,2',
      'a,1;b,2;refused,1',
      'a=1; b=2; refused=1',
    ]);
  });

  test('says what is wrong with arguments', async () => {
    const target = await server();
    const result = await run(
      target,
      `const attempt = (call) => { try { call(); console.log('no error'); } catch (e) { console.log(e.message); } };
  attempt(() => ws.connect(url));
  attempt(() => ws.connect(url, {}, () => 0, 1));
  attempt(() => ws.connect(url, {}));
  attempt(() => ws.connect(url, { compression: 'gzip' }, () => 0));
  ws.connect(url, (socket) => {
    attempt(() => socket.sendBinary());
    attempt(() => socket.sendBinary('text'));
    attempt(() => socket.setTimeout(() => 0, 0));
    attempt(() => socket.setInterval(() => 0, -1));
    socket.close();
  });`,
    );
    expect(said(result)).toEqual([
      'invalid number of arguments to ws.connect',
      'invalid number of arguments to ws.connect',
      'last argument to ws.connect must be a function',
      "unsupported compression algorithm 'gzip', supported algorithm is 'deflate'",
      'missing argument, expected ArrayBuffer',
      'expected ArrayBuffer as argument, received: String',
      'setTimeout requires a >0 timeout parameter, received 0.00',
      'setInterval requires a >0 timeout parameter, received -1.00',
    ]);
    const inInit = await run(target, '', [], 'ws.connect(url, () => 0);');
    expect(inInit.exitCode).toBe(107);
    expect(inInit.stderr).toContain('using websockets in the init context is not supported');
  });

  test('counts what the simulator counts', async () => {
    const result = await run(
      { url: 'ws://unused' },
      `const token = http.post(__ENV.BASE + '/oauth/token', { grant_type: 'client_credentials' }, { headers: { Authorization: 'Basic Y2xpZW50OnNlY3JldA==' } }).json('access_token');
  const headers = { Authorization: 'Bearer ' + token };
  const created = http.post(__ENV.BASE + '/api/v2/conversations/calls', null, { headers });
  const { connectUri } = created.json();
  let prompts = 0;
  const res = ws.connect(__ENV.BASE_WS + connectUri, { headers }, (socket) => {
    socket.on('message', (text) => {
      if (++prompts === 1) { console.log(JSON.parse(text).type); socket.close(1000); }
    });
  });
  check(res, { 'it opened': (r) => r.status === 101 });`,
      ['--sim', 'healthy', '--vus', '3', '--iterations', '6'],
    );
    expect(result.exitCode).toBe(0);
    expect(said(result)).toEqual(Array.from({ length: 6 }, () => 'prompt'));
    expect(count(result, 'ws_sessions')).toBe(6);
  });
});

describe.concurrent('k6/websockets', () => {
  test('gives blobs as streams', async () => {
    const target = await server();
    const result = await runScript(
      `import { Blob, WebSocket } from 'k6/websockets';
export default function () {
  const ws = new WebSocket(__ENV.TARGET);
  ws.onopen = () => ws.send(new Uint8Array([1, 2, 3]));
  ws.onmessage = async ({ data }) => {
    const reader = data.stream().getReader();
    const { value, done } = await reader.read();
    console.log(value.join(), done, (await reader.read()).done);
    console.log((await new Blob([]).stream().getReader().read()).done);
    ws.close();
  };
}`,
      ['-e', `TARGET=${target.url}`],
    );
    expect(said(result)).toEqual(['1,2,3 false true', 'true']);
  });

  test('keeps the cookies of the answer for the next request', async () => {
    const target = await server();
    const result = await runScript(
      `import http from 'k6/http';
import { WebSocket } from 'k6/websockets';
const url = __ENV.TARGET;
const asked = url.replace('ws:', 'http:');
export default function () {
  const first = new WebSocket(url + '/cookies');
  first.onopen = () => {
    console.log(Object.entries(http.cookieJar().cookiesForURL(asked)).join(';'));
    first.close();
    const jar = new http.CookieJar();
    const refused = new WebSocket(url + '/refused-cookie', null, { jar });
    refused.onclose = () => console.log(Object.entries(jar.cookiesForURL(asked)).join(';'));
  };
}`,
      ['-e', `TARGET=${target.url}`],
    );
    expect(said(result)).toEqual(['a,1;b,2', 'refused,1']);
  });

  const script = (module: string): string => `import { WebSocket, Blob } from '${module}';
import { setInterval, setTimeout, clearInterval } from 'k6/timers';
const show = (...parts) => console.log(parts.join(' '));
export default function () {
  const url = __ENV.TARGET;
  const ws = new WebSocket(url + '/hello', null, { tags: { mine: 'x' }, headers: { 'X-One': '1' } });
  show(ws.url === url + '/hello', ws.readyState, ws.binaryType, ws.bufferedAmount);
  ws.addEventListener('nonsense', () => 0);
  try { ws.send('early'); } catch (e) { show(e.name); }
  try { ws.binaryType = 'text'; } catch (e) { show('no such type'); }
  const got = [];
  ws.onopen = (e) => show('open', e.type, e.target === ws, ws.readyState);
  ws.addEventListener('open', () => {
    ws.send('text');
    ws.send(new Uint8Array([1, 2]));
    ws.send(new Blob(['blob']));
    ws.ping();
  });
  ws.onpong = () => show('pong');
  ws.onmessage = async ({ data, timestamp, origin }) => {
    if (typeof data === 'string') { show('text', data, timestamp > 1e12, url.startsWith(origin)); return; }
    got.push(data instanceof Blob ? 'blob ' + data.size : 'bytes ' + data.byteLength);
    ws.binaryType = 'arraybuffer';
    if (got.length < 2) return;
    show(got.join(', '));
    const timer = setInterval(() => { clearInterval(timer); ws.close(4000, 'enough'); show(ws.readyState); }, 20);
  };
  ws.onclose = ({ code, reason, type }) => { show(type, code, reason, ws.readyState); };
}
`;

  test.each(['k6/websockets', 'k6/experimental/websockets'])('as %s', async (module) => {
    const target = await server();
    const result = await runScript(script(module), [
      '-e',
      `TARGET=${target.url}`,
      '--out',
      'json=out.json',
    ]);
    expect(result.exitCode).toBe(0);
    const lines = said(result);
    expect(lines.filter((line) => !/^(pong|blob)/.test(line))).toEqual([
      'true 0 blob 0',
      'InvalidStateError',
      'no such type',
      'open open true 1',
      'text hello true true',
      'text text true true',
      '2',
      'close 4000 enough 3',
    ]);
    expect(lines).toContain('pong');
    expect(lines).toContain('blob 2, bytes 4');
    expect(target.closes).toEqual([4000]);
    expect(target.messages).toEqual(['text', [1, 2], [98, 108, 111, 98]]);
    const warnings = logLines(result, 'warning').join('\n');
    expect(warnings).toContain("can't add event handler: unknown event type: nonsense");
    expect(warnings.includes("is deprecated; it is 'k6/websockets' now")).toBe(
      module !== 'k6/websockets',
    );
    // Three messages, a ping and our close frame.
    expect(points(result, 'ws_msgs_sent')).toHaveLength(5);
    expect(points(result, 'ws_sessions')[0]?.tags).toMatchObject({
      name: `${target.url}/hello`,
      mine: 'x',
    });
    expect(points(result, 'ws_session_duration')).toHaveLength(1);
  });

  test('a refusal is an error and a close; wrong arguments throw; handlers may block', async () => {
    const target = await server();
    const result = await runScript(
      `import { WebSocket } from 'k6/websockets';
import { sleep } from 'k6';
const attempt = (call) => { try { call(); } catch (e) { console.log(e.message); } };
export default function () {
  const url = __ENV.TARGET;
  attempt(() => new WebSocket(url, [], { foo: 1 }));
  attempt(() => new WebSocket(''));
  attempt(() => new WebSocket('http://x/'));
  attempt(() => new WebSocket(url + '/#frag'));
  const ws = new WebSocket(url + '/502');
  ws.onerror = (e) => { sleep(0.01); console.log(e.error); };
  ws.onclose = () => {
    const next = new WebSocket(url + '/hello');
    next.onmessage = () => { sleep(0.05); attempt(() => next.close(1001)); next.close(); };
    next.onclose = ({ code }) => console.log('closed ' + code);
  };
}
`,
      ['-e', `TARGET=${target.url}`, '--out', 'json=out.json'],
    );
    expect(said(result)).toEqual([
      "unknown WebSocket's option foo",
      'WebSocket requires a url',
      'WebSocket requires url with scheme ws or wss, but got "http"',
      'WebSocket requires no url fragment, but got "frag"',
      'websocket: bad handshake (upgrade refused: 502 Bad Gateway)',
      'the close code must be 1000 or 3000 to 4999, not 1001',
      'closed 1000',
    ]);
    expect(points(result, 'ws_session_duration')).toHaveLength(1);
    const inInit = await runScript(
      "import { WebSocket } from 'k6/websockets';\nnew WebSocket('ws://x/');\nexport default function () {}\n",
    );
    expect(inInit.exitCode).toBe(107);
    expect(inInit.stderr).toContain('WebSocket connections in the init context are not supported');
  });
});

describe('what vurun does not have', () => {
  let stderr = '';
  beforeAll(async () => {
    const result = await runCli(['run', 'main.js'], {
      files: {
        'main.js':
          "import grpc from 'k6/net/grpc';\nimport './lib.js';\nexport default function () {}\n",
        'lib.js':
          "import { browser } from 'k6/browser';\nimport t from 'k6/experimental/timers';\n",
      },
    });
    expect(result.exitCode).toBe(107);
    ({ stderr } = result);
  });
  test('is named with the place of the import', () => {
    expect(stderr).toContain(
      "main.js:1:18: 'k6/net/grpc': vurun does not have this module of k6 yet",
    );
    expect(stderr).toContain(
      "lib.js:1:25: 'k6/browser': vurun does not have this module of k6 yet",
    );
    expect(stderr).toContain("lib.js:2:15: 'k6/experimental/timers': k6 has removed this module");
  });
});
