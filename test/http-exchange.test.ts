import http from 'node:http';
import type net from 'node:net';
import zlib from 'node:zlib';
import { afterEach, describe, expect, it } from 'vitest';
import { HttpTimings, Op } from '../runtime/contract/ops.ts';
import { monotonicClock } from '../src/clock.ts';
import type { ProtocolSettings } from '../src/protocols/contract.ts';
import { RateGate } from '../src/protocols/http/rate-gate.ts';
import { FakeVu, rawServer } from './support/http-vu.ts';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

function vuWith(settings: Partial<ProtocolSettings> = {}): FakeVu {
  const vu = new FakeVu(settings);
  cleanups.push(() => vu.session.dispose());
  return vu;
}
async function raw(handle: (socket: net.Socket, request: string) => void) {
  const server = await rawServer(handle);
  cleanups.push(server.close);
  return server;
}
async function serve(listener: http.RequestListener): Promise<string> {
  const server = http.createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  cleanups.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as net.AddressInfo).port}`;
}

describe('a plain request', () => {
  it('has status, body, canonical headers and one set of samples', async () => {
    const vu = vuWith();
    const url = await serve((_, res) => {
      res.setHeader('x-abc-def', ['1', '2']);
      res.end('hello');
    });
    const answer = await vu.get(`${url}/a?b=c`);
    expect(answer.status).toBe(200);
    expect(answer.text()).toBe('hello');
    const details = answer.details();
    expect(details.headers['X-Abc-Def']).toBe('1, 2');
    expect(details).toMatchObject({ statusText: '200 OK', proto: 'HTTP/1.1', url: `${url}/a?b=c` });
    expect(details.remoteIp).toBe('127.0.0.1');
    expect(vu.samples).toHaveLength(9);
    expect(vu.last('http_req_failed').value).toBe(0);
    expect(vu.last('http_reqs').tags).toEqual({
      scenario: 'default',
      name: `${url}/a?b=c`,
      url: `${url}/a?b=c`,
      method: 'GET',
      proto: 'HTTP/1.1',
      status: '200',
      expected_response: 'true',
    });
    const [duration = 0, , , , sending = 0, waiting = 0, receiving = 0] = answer.timings();
    expect(duration).toBeCloseTo(sending + waiting + receiving, 6);
    expect(Math.min(sending, waiting, receiving)).toBeGreaterThanOrEqual(0);
    expect(vu.gauges.httpInFlight).toBe(0);
  });

  it('reuses its connection over iterations, and dials each time with noConnectionReuse', async () => {
    for (const [noConnectionReuse, noVUConnectionReuse, connections] of [
      [false, false, 1],
      [true, false, 3],
      [false, true, 3],
    ] as const) {
      const server = await raw((socket) =>
        socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'),
      );
      const vu = vuWith({ noConnectionReuse, noVUConnectionReuse });
      for (let i = 0; i < 3; i++) {
        const answer = await vu.get(server.url);
        expect(answer.status).toBe(200);
        if (connections === 1 && i > 0) expect(answer.timings()[HttpTimings.connecting]).toBe(0);
        vu.session.iterationEnded(false);
        vu.session.iterationStarted();
      }
      expect(server.connections()).toBe(connections);
      expect(vu.received).toBe(3 * 40);
    }
  });

  it('keeps the connection after HEAD and after a GET with a body', async () => {
    const server = await raw((socket) =>
      socket.write('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n'),
    );
    const vu = vuWith();
    await vu.start('HEAD', server.url).answer;
    await vu.start('GET', server.url, undefined, 'x').answer;
    await vu.get(server.url);
    expect(server.connections()).toBe(1);
  });

  it('sends only what k6 sends besides the connection header', async () => {
    let seen: string[] = [];
    const url = await serve((req, res) => {
      seen = req.rawHeaders;
      res.end();
    });
    const vu = vuWith({ userAgent: 'agent/1' });
    await vu.start(
      'POST',
      `${url}/`,
      {
        headers: [
          ['X-A', 'ü'],
          ['content-length', '99'],
        ],
      },
      'héllo',
    ).answer;
    const names = seen.filter((_, index) => index % 2 === 0).map((name) => name.toLowerCase());
    expect(names.sort()).toEqual(['connection', 'content-length', 'host', 'user-agent', 'x-a']);
    expect(seen[seen.findIndex((name) => name.toLowerCase() === 'content-length') + 1]).toBe('6');
  });

  it('is refused in init', () => {
    const vu = vuWith();
    vu.mayUseNetwork = false;
    expect(() => vu.start('GET', 'http://127.0.0.1/')).toThrow(
      'Making http requests in the init context is not supported',
    );
  });

  it('sends a body of bytes and text unharmed and large ones whole', async () => {
    const url = await serve((req, res) => req.pipe(res));
    const vu = vuWith();
    const big = new Uint8Array(3_000_000).fill(7);
    const answer = await vu.start('POST', url, { responseType: 'binary' }, big).answer;
    expect((vu.op(Op.httpBodyBytes, answer.id) as Uint8Array).length).toBe(big.length);
    expect((await vu.start('POST', url, undefined, 'a\0b').answer).text()).toBeInstanceOf(
      Uint8Array,
    );
  });

  it('masks credentials in tags and sends them as basic auth', async () => {
    let authorization: string | undefined;
    const url = await serve((req, res) => {
      authorization = req.headers.authorization;
      res.end();
    });
    const vu = vuWith();
    await vu.get(url.replace('://', '://user:p%40ss@'));
    expect(authorization).toBe(`Basic ${Buffer.from('user:p@ss').toString('base64')}`);
    expect(vu.last('http_reqs').tags['url']).toBe(url.replace('://', '://****:****@'));
  });

  it('takes name, tags, expectations and system tags from params and options', async () => {
    const url = await serve((_, res) => res.writeHead(404).end());
    const vu = vuWith({
      systemTags: new Set(['name', 'status', 'expected_response', 'error_code']),
    });
    await vu.get(url, {
      tags: [
        ['a', '1'],
        ['name', 'N'],
      ],
      expected: [[404, 404]],
    });
    expect(vu.last('http_req_failed')).toMatchObject({
      value: 0,
      tags: { a: '1', name: 'N', status: '404', expected_response: 'true', error_code: '1404' },
    });
    expect(vu.last('http_reqs').tags['method']).toBeUndefined();
    vu.op(Op.httpExpect, undefined);
    const before = vu.count('http_req_failed');
    expect((await vu.get(url)).errorCode).toBe(1404);
    expect(vu.count('http_req_failed')).toBe(before);
  });
});

describe('a failing server', () => {
  const answers: [string, (socket: net.Socket) => void, number, string | RegExp][] = [
    ['closes without a word', (socket) => socket.end(), 1000, 'EOF'],
    [
      'resets before answering',
      (socket) => socket.resetAndDestroy(),
      1220,
      'read: connection reset by peer',
    ],
    [
      'resets within the headers',
      (socket) => {
        socket.write('HTTP/1.1 200 OK\r\nA: b');
        setTimeout(() => socket.resetAndDestroy(), 20);
      },
      1220,
      'read: connection reset by peer',
    ],
    [
      'closes within the body',
      (socket) => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc'),
      1000,
      'unexpected EOF',
    ],
    [
      'closes within a chunk',
      (socket) => socket.end('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab'),
      1000,
      'unexpected EOF',
    ],
    [
      'sends a bad status line',
      (socket) => socket.write('HELLO WORLD\r\n\r\n'),
      1000,
      /malformed HTTP response/,
    ],
    [
      'sends status 000',
      (socket) => socket.write('HTTP/1.1 000 NO\r\nContent-Length: 0\r\n\r\n'),
      1000,
      /malformed HTTP response/,
    ],
    [
      'sends garbage for a chunk',
      (socket) => socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n'),
      1000,
      /malformed HTTP response/,
    ],
    [
      'switches protocols unasked',
      (socket) =>
        socket.write(
          'HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n',
        ),
      1000,
      /101|malformed/,
    ],
    [
      'sends endless headers',
      (socket) => socket.write(`HTTP/1.1 200 OK\r\nA: ${'x'.repeat(40_000)}\r\n\r\n`),
      1000,
      /headers are larger/,
    ],
    [
      'sends two lengths',
      (socket) =>
        socket.write('HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab'),
      1000,
      /malformed|EOF/,
    ],
    ['is silent', () => {}, 1050, 'request timeout'],
    [
      'drips its body',
      (socket) => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc'),
      1050,
      'request timeout',
    ],
    [
      'says gzip and sends none',
      (socket) =>
        socket.write('HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc'),
      1701,
      /gzip/,
    ],
  ];
  for (const [what, handle, code, text] of answers) {
    it(`that ${what} ends in error ${code}, one sample and a log line`, async () => {
      const server = await raw(handle);
      const vu = vuWith();
      const answer = await vu.get(server.url, { timeout: 300 });
      expect(answer).toMatchObject({ status: 0, errorCode: code });
      expect(answer.error).toEqual(typeof text === 'string' ? text : expect.stringMatching(text));
      expect(vu.count('http_reqs')).toBe(1);
      expect(vu.last('http_req_failed')).toMatchObject({
        value: 1,
        tags: { status: '0', error_code: String(code), expected_response: 'false' },
      });
      expect(vu.logs).toEqual([
        {
          level: 'warning',
          message: 'Request Failed',
          fields: { error: `Get "${server.url}": ${answer.error}` },
        },
      ]);
      // The next request works and is not answered by leftovers.
      const good = await raw((socket) => socket.write('HTTP/1.1 204 No Content\r\n\r\n'));
      expect((await vu.get(good.url)).status).toBe(204);
      expect(vu.gauges.httpInFlight).toBe(0);
    });
  }

  it('that refuses the connection is 1212, and thrown when asked', async () => {
    const server = await rawServer(() => {});
    await server.close();
    const vu = vuWith({ throw: true });
    const answer = await vu.get(server.url);
    expect(answer).toMatchObject({
      errorCode: 1212,
      threw: true,
      error: `Get "${server.url}": dial: connection refused`,
    });
    expect(vu.logs).toEqual([]);
    expect(vu.count('http_reqs')).toBe(1);
  });

  it('keeps the partial text of a body that timed out', async () => {
    const server = await raw((socket) =>
      socket.write('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc'),
    );
    const answer = await vuWith().get(server.url, { timeout: 200 });
    expect(answer.text()).toBe('abc');
  });

  it('that names an unknown host or no URL at all gives 1101 and 1020', async () => {
    const vu = vuWith();
    expect((await vu.get('http://nonexistent.invalid/')).errorCode).toBeGreaterThanOrEqual(1100);
    for (const url of ['', 'nonsense', 'ftp://x/', 'http://', 'file:///x']) {
      expect(await vu.get(url)).toMatchObject({ errorCode: 1020, error: 'invalid URL', status: 0 });
    }
  });

  it('closing an idle connection costs a GET nothing but a new dial', async () => {
    const server = await raw((socket, request) => {
      if (request.includes('/first')) {
        socket.write('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n');
        setImmediate(() => socket.end());
      } else socket.write('HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n');
    });
    const vu = vuWith();
    for (let i = 0; i < 10; i++) {
      expect((await vu.get(`${server.url}first`)).status).toBe(200);
      expect((await vu.get(server.url)).status).toBe(201);
    }
    expect(vu.count('http_reqs')).toBe(20);
  });

  it('that answers early and hangs up gives its status', async () => {
    const server = await raw((socket) =>
      socket.write('HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\nConnection: close\r\n\r\n'),
    );
    const vu = vuWith();
    const answer = await vu.start('POST', server.url, undefined, new Uint8Array(500_000)).answer;
    expect(answer.status).toBe(413);
  });
});

describe('bodies', () => {
  it('are decompressed in reverse order of their codings', async () => {
    const url = await serve((_, res) => {
      res.setHeader('Content-Encoding', 'gzip, br, deflate');
      res.end(zlib.deflateSync(zlib.brotliCompressSync(zlib.gzipSync('text'))));
    });
    const answer = await vuWith().get(url);
    expect(answer.text()).toBe('text');
    expect(answer.details().headers['Content-Encoding']).toBe('gzip, br, deflate');
  });

  it('that explode are refused', async () => {
    const bomb = zlib.gzipSync(Buffer.alloc(80 * 1024 * 1024));
    const url = await serve((_, res) => {
      res.setHeader('Content-Encoding', 'gzip');
      res.end(bomb);
    });
    expect(await vuWith().get(url)).toMatchObject({
      errorCode: 1701,
      error: expect.stringMatching(/larger than/) as string,
    });
  });

  it('of requests are compressed as asked', async () => {
    const url = await serve((req, res) => {
      res.setHeader('X-Encoding', req.headers['content-encoding'] ?? '');
      req.pipe(res);
    });
    const vu = vuWith();
    const answer = await vu.start(
      'POST',
      url,
      { compression: 'gzip', responseType: 'binary' },
      'text',
    ).answer;
    expect(answer.details().headers['X-Encoding']).toBe('gzip');
    expect(zlib.gunzipSync(vu.op(Op.httpBodyBytes, answer.id) as Uint8Array).toString()).toBe(
      'text',
    );
    expect(() => vu.start('POST', url, { compression: 'lzma' }, 'x')).toThrow(
      'unknown compression algorithm lzma',
    );
  });

  it('are dropped with responseType none and null for 204, empty for HEAD', async () => {
    const url = await serve((req, res) =>
      res.writeHead(req.url === '/204' ? 204 : 200).end(req.url === '/204' ? '' : 'x'),
    );
    const vu = vuWith();
    expect((await vu.get(url, { responseType: 'none' })).text()).toBeUndefined();
    expect((await vu.get(`${url}/204`)).text()).toBeUndefined();
    expect((await vu.start('HEAD', url).answer).text()).toBe('');
  });

  it('that were released cannot be read, with a sentence that says so', async () => {
    const url = await serve((_, res) => res.end('x'));
    const vu = vuWith();
    const answer = await vu.get(url);
    vu.op(Op.httpRelease, answer.id);
    expect(() => answer.text()).toThrow('no longer kept');
  });
});

describe('redirects', () => {
  it('are followed hop by hop with a set of samples each, POST becoming GET', async () => {
    const seen: string[] = [];
    const url = await serve((req, res) => {
      seen.push(`${req.method} ${req.url} ${req.headers['content-type']} ${req.headers.referer}`);
      if (req.url === '/a') res.writeHead(302, { Location: '/b', 'Set-Cookie': 'c=1' }).end();
      else if (req.url === '/b') res.writeHead(307, { Location: '/c' }).end();
      else res.end(req.headers.cookie);
    });
    const vu = vuWith();
    const { answer } = vu.start(
      'POST',
      `${url}/a`,
      { headers: [['Content-Type', 'text/x']] },
      'body',
    );
    const end = await answer;
    expect(end.text()).toBe('c=1');
    expect(end.details()).toMatchObject({
      url: `${url}/c`,
      request: { url: `${url}/a`, method: 'POST' },
    });
    expect(seen).toEqual([
      'POST /a text/x undefined',
      `GET /b undefined ${url}/a`,
      `GET /c undefined ${url}/b`,
    ]);
    expect(vu.count('http_reqs')).toBe(3);
  });

  it('stop at the limit with the last 3xx and a warning unless the limit was asked for', async () => {
    const url = await serve((_, res) => res.writeHead(302, { Location: '/again' }).end());
    const vu = vuWith();
    expect((await vu.get(url)).status).toBe(302);
    expect(vu.count('http_reqs')).toBe(11);
    expect(vu.logs[0]?.message).toMatch(/^Stopped after 11 redirects and returned the redirection/);
    expect((await vu.get(url, { redirects: 0 })).status).toBe(302);
    expect(vu.count('http_reqs')).toBe(12);
    expect(vu.logs).toHaveLength(1);
  });

  it('drop secrets when they lead to another host, and never leave http', async () => {
    let headers: http.IncomingHttpHeaders = {};
    const other = await serve((req, res) => {
      headers = req.headers;
      res.end();
    });
    const url = await serve((req, res) =>
      res
        .writeHead(302, {
          Location: req.url === '/file' ? 'file:///etc' : other.replace('127.0.0.1', 'localhost'),
        })
        .end(),
    );
    const vu = vuWith({ hosts: { localhost: '127.0.0.1' } });
    await vu.get(url, {
      headers: [
        ['Authorization', 's'],
        ['X-Keep', 'k'],
      ],
      cookies: [['a', 'b', false]],
    });
    expect(headers.authorization).toBeUndefined();
    expect(headers.cookie).toBeUndefined();
    expect(headers['x-keep']).toBe('k');
    expect((await vu.get(`${url}/file`)).error).toBe('unsupported protocol scheme "file"');
  });
});

describe('cookies', () => {
  it('live for an iteration, or for ever with noCookiesReset', async () => {
    const url = await serve((req, res) => {
      res.setHeader('Set-Cookie', [
        'a=1; Path=/; Secure',
        'b="2"; Path=/sub',
        'x=y; Domain=evil.example',
      ]);
      res.end(req.headers.cookie ?? '');
    });
    for (const noCookiesReset of [false, true]) {
      const vu = vuWith({ noCookiesReset });
      expect((await vu.get(url)).text()).toBe('');
      expect((await vu.get(`${url}/sub/x`)).text()).toBe('b=2; a=1');
      vu.session.iterationStarted();
      expect((await vu.get(url)).text()).toBe(noCookiesReset ? 'a=1' : '');
    }
  });

  it('of params come first and replace those of the jar when asked', async () => {
    const url = await serve((req, res) => res.end(req.headers.cookie ?? ''));
    const vu = vuWith();
    vu.op(Op.cookieSet, 0, url, 'a', 'jar', '{}');
    expect((await vu.get(url, { cookies: [['a', 'mine', false]] })).text()).toBe('a=mine; a=jar');
    expect((await vu.get(url, { cookies: [['a', 'mine', true]] })).text()).toBe('a=mine');
    vu.op(Op.cookieJarNew, 77);
    expect((await vu.get(url, { jar: 77 })).text()).toBe('');
    vu.op(Op.cookieDelete, 0, url, 'a');
    expect(vu.op(Op.cookieGet, 0, url)).toBe('{}');
  });
});

describe('many requests at once', () => {
  it('of a batch stay within its limits, others do not wait', async () => {
    let now = 0;
    let most = 0;
    // Those that need not wait are all there before the first is answered.
    let together = 1;
    const held: (() => void)[] = [];
    const url = await serve((_, res) => {
      most = Math.max(most, ++now);
      held.push(() => {
        now--;
        res.end();
      });
      if (now < together) return;
      setTimeout(() => {
        for (const answer of held.splice(0)) answer();
      }, 20);
    });
    const vu = vuWith({ batch: 5, batchPerHost: 3 });
    const all = (batch: boolean): Promise<unknown> =>
      Promise.all(Array.from({ length: 9 }, () => vu.get(url, { batch })));
    await all(true);
    expect(most).toBe(3);
    most = 0;
    together = 9;
    await all(false);
    expect(most).toBe(9);
  });

  it('can be given up one by one or all together, without a delivery', async () => {
    const server = await raw(() => {});
    const vu = vuWith();
    const one = vu.start('GET', server.url);
    vu.start('GET', server.url);
    await new Promise((resolve) => setTimeout(resolve, 50));
    vu.op(Op.httpAbort, one.id);
    expect(vu.last('http_reqs').tags['error']).toBe('request aborted');
    vu.session.iterationEnded(true);
    expect(vu.gauges.httpInFlight).toBe(0);
    expect(vu.count('http_reqs')).toBe(1);
    expect(vu.deliveries).toBe(0);
  });

  it('are paced by rps with a burst of one', async () => {
    const order: string[] = [];
    const granted = new Promise<void>((resolve) => {
      const gate = new RateGate(4, monotonicClock);
      gate.enter(() => order.push('first'));
      expect(order).toEqual(['first']);
      const leave = gate.enter(() => order.push('given up'));
      gate.enter(() => {
        order.push('third');
        resolve();
      });
      leave();
    });
    await granted;
    expect(order).toEqual(['first', 'third']);
    const url = await serve((_, res) => res.end());
    const vu = vuWith({ rps: 200 });
    await Promise.all(Array.from({ length: 4 }, () => vu.get(url)));
    expect(vu.count('http_reqs')).toBe(4);
  });
});

describe('options', () => {
  it('hosts sends a name elsewhere and keeps the Host header', async () => {
    const url = await serve((req, res) => res.end(req.headers.host));
    const port = new URL(url).port;
    const vu = vuWith({
      hosts: {
        'one.example': `127.0.0.1:${port}`,
        '*.wild.example': '127.0.0.1',
        'two.example:81': `127.0.0.1:${port}`,
      },
    });
    expect((await vu.get('http://one.example/')).text()).toBe('one.example');
    expect((await vu.get('http://two.example:81/')).text()).toBe('two.example:81');
    expect((await vu.get(`http://a.wild.example:${port}/`)).text()).toBe(`a.wild.example:${port}`);
    expect(() => new FakeVu({ hosts: { a: 'not-an-ip' } })).toThrow('is not an address');
  });

  it('httpDebug logs the whole of request and response', async () => {
    const url = await serve((_, res) => res.end('answer'));
    const vu = vuWith({ httpDebug: 'full' });
    await vu.start('POST', url, undefined, 'question').answer;
    expect(vu.logs[0]?.message).toMatch(/^Request:\nPOST \/ HTTP\/1.1\r\nHost: .*question$/s);
    expect(vu.logs[1]?.message).toMatch(/^Response:\nHTTP\/1.1 200 OK\r\n.*answer$/s);
  });

  it('httpDebug shows bodies the script does not keep', async () => {
    const url = await serve((_, res) => res.end('answer'));
    const vu = vuWith({ httpDebug: 'full', discardResponseBodies: true });
    expect((await vu.get(url)).text()).toBeUndefined();
    expect(vu.logs[1]?.message).toContain('answer');
  });

  describe('httpDebugFailed', () => {
    const dumps = (vu: FakeVu) =>
      vu.logs.filter(({ fields }) => fields['source'] === 'http-debug').map((l) => l.message);

    it('logs request and response of what failed, with bodies, and nothing else', async () => {
      const url = await serve((req, res) => {
        res.statusCode = req.url === '/bad' ? 503 : 200;
        res.end(`answer to ${req.url}`);
      });
      const vu = vuWith({ httpDebugFailed: true });
      await vu.start('POST', `${url}/good`, undefined, 'question').answer;
      expect(dumps(vu)).toEqual([]);
      await vu.start('POST', `${url}/bad`, undefined, 'question').answer;
      expect(dumps(vu)).toEqual([
        expect.stringMatching(/^Request:\nPOST \/bad HTTP\/1.1\r\n.*\r\n\r\nquestion$/s),
        expect.stringMatching(/^Response:\nHTTP\/1.1 503 .*answer to \/bad$/s),
      ]);
    });

    it('leaves bodies out when httpDebug says headers', async () => {
      const url = await serve((_, res) => res.writeHead(500).end('answer'));
      const vu = vuWith({ httpDebug: 'headers', httpDebugFailed: true });
      await vu.start('POST', url, undefined, 'question').answer;
      expect(dumps(vu)).toHaveLength(2);
      expect(dumps(vu).join()).not.toMatch(/question|answer/);
    });

    it('goes by what the response callback expects', async () => {
      const url = await serve((req, res) => {
        res.statusCode = Number(req.url?.slice(1));
        res.end();
      });
      const vu = vuWith({ httpDebugFailed: true });
      const failed = async (status: number, expected: [number, number][] | null) => {
        vu.logs.length = 0;
        await vu.get(`${url}/${status}`, { expected });
        return dumps(vu).length > 0;
      };
      expect(await failed(404, [[404, 404]])).toBe(false);
      expect(await failed(200, [[404, 404]])).toBe(true);
      expect(await failed(404, null)).toBe(true);
      expect(await failed(200, null)).toBe(false);
    });

    it('says why there was no response', async () => {
      const vu = vuWith({ httpDebugFailed: true });
      await vu.get('http://127.0.0.1:1/');
      expect(dumps(vu)).toEqual([
        expect.stringMatching(/^Request:\nGET \/ HTTP/),
        expect.stringMatching(/^No response: dial.*connection refused$/),
      ]);
    });
  });

  it('localAddresses picks the address of the VU', async () => {
    const url = await serve((req, res) => res.end(req.socket.remoteAddress));
    const vu = new FakeVu({ localAddresses: ['127.0.0.2', '127.0.0.3'] }, 2);
    cleanups.push(() => vu.session.dispose());
    expect((await vu.get(url)).text()).toBe('127.0.0.3');
  });
});
