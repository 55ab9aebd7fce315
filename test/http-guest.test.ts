import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type GuestOptions, runGuest } from './support/guest.ts';

let url = '';
const server = http.createServer((req, res) => {
  const path = req.url ?? '';
  if (path === '/json')
    res
      .setHeader('Content-Type', 'application/json')
      .end('{"a":{"b":[{"c":1},{"c":2}],"x.y":3},"__proto__":{"z":1}}');
  else if (path === '/bad') res.end('{"a":\n x}');
  else if (path === '/nul') res.end('a\0ü');
  else if (path === '/hang') res.writeHead(200).write('x');
  else if (path.startsWith('/status/')) res.writeHead(Number(path.slice(8))).end();
  else {
    const chunks: Buffer[] = [];
    req.on('data', (chunk: Buffer) => chunks.push(chunk));
    req.on('end', () => {
      res.setHeader('Set-Cookie', 'seen=1; Path=/');
      res.end(
        `${req.method} ${req.headers['content-type'] ?? ''}\n${Buffer.concat(chunks).toString()}`,
      );
    });
  }
});
beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

/** What the function logs, as parsed JSON. */
async function run(body: string, options?: GuestOptions, init = ''): Promise<unknown[]> {
  const source = `import http from 'vurun/http';
const url = ${JSON.stringify(url)};
const out = (value: unknown) => console.log(JSON.stringify(value));
${init}
export default async function () {
${body}
}`;
  const { logs, failures } = await runGuest(source, options);
  expect(failures).toEqual([]);
  return logs.filter((log) => log.level === 'info').map((log) => JSON.parse(log.text) as unknown);
}

describe('http in a script', () => {
  it('gives responses with k6 fields, read when asked', async () => {
    const [response] = (await run('out(await http.get(url));')) as [Record<string, unknown>];
    expect(Object.keys(response)).toEqual(
      'remote_ip remote_port url status status_text proto headers cookies body timings tls_version tls_cipher_suite error error_code request'.split(
        ' ',
      ),
    );
    expect(response).toMatchObject({
      status: 200,
      status_text: '200 OK',
      url,
      body: 'GET \n',
      error: '',
      error_code: 0,
      cookies: { seen: [{ name: 'seen', value: '1', path: '/' }] },
      request: { method: 'GET', url, headers: {}, body: '', cookies: {} },
    });
  });

  it('sends every kind of body as k6 does', async () => {
    const answers = (await run(`
      const bodies = [undefined, 'text', 'nul\\0ü', new Uint8Array([104, 105]), { b: [1, 2], a: 'x y&', n: null, t: true, 'é': "(')" }];
      for (const body of bodies) out((await http.post(url, body)).body);
      out((await http.post(url, { a: '1' }, { headers: { 'content-type': 'x/y' } })).body);
      out((await http.post(url, { f: http.file('data', 'n.txt', 'text/x'), g: 'h' })).body);
      const bad = await http.post(url, 5 as never);
      out([bad.status, bad.error, bad.body, bad.request.method]);
    `)) as string[];
    expect(answers.slice(0, 6)).toEqual([
      'POST \n',
      'POST \ntext',
      'POST \nnul\0ü',
      'POST \nhi',
      'POST application/x-www-form-urlencoded\na=x+y%26&b=1&b=2&n=&t=true&%C3%A9=%28%27%29',
      'POST x/y\na=1',
    ]);
    expect(answers[6]).toMatch(
      /^POST multipart\/form-data; boundary=(\w+)\n--\1\r\nContent-Disposition: form-data; name="f"; filename="n.txt"\r\nContent-Type: text\/x\r\n\r\ndata\r\n--\1\r\nContent-Disposition: form-data; name="g"\r\n\r\nh\r\n--\1--\r\n$/,
    );
    expect(answers[7]).toEqual([0, 'unknown request body type number', null, 'POST']);
  });

  it('reads JSON whole and in parts', async () => {
    expect(
      await run(`
        const res = await http.get(url + '/json');
        for (const path of ['a.b.1.c', 'a.b.#', 'a.b.#.c', 'a.x\\\\.y', 'no.where', 'toString']) out(res.json(path) ?? 'undefined');
        out(Object.keys(res.json() as object));
        const bad = await http.get(url + '/bad');
        try { bad.json(); } catch (error) { out((error as Error).message); }
        out(bad.json('a') === undefined);
        out((await http.get(url + '/nul')).body);
        const bytes = await http.get(url + '/nul', { responseType: 'binary' });
        out(Array.from(new Uint8Array(bytes.body as ArrayBuffer)));
      `),
    ).toEqual([
      2,
      2,
      [1, 2],
      3,
      'undefined',
      'undefined',
      ['a', '__proto__'],
      expect.stringMatching(/^cannot parse json due to an error at line 2, character 2 , error: /),
      true,
      'a\0ü',
      [97, 0, 0xc3, 0xbc],
    ]);
  });

  it('turns failures into responses, or throws them when asked', async () => {
    expect(
      await run(`
        const none = await http.get('http://127.0.0.1:1/');
        out([none.status, none.error_code, none.error, none.body, none.url]);
        try { await http.get('http://127.0.0.1:1/', { throw: true }); } catch (error) { out(String(error)); }
        try { none.json(); } catch (error) { out((error as Error).message); }
        out((await http.get('nonsense')).error_code);
        const late = await http.get(url + '/hang', { timeout: '1s' });
        out([late.status, late.error, late.body]);
        const controller = new AbortController();
        setTimeout(() => controller.abort(), 50);
        try { await http.get(url + '/hang', { signal: controller.signal }); } catch (error) { out((error as Error).name); }
        for (const params of [{ timeout: 'soon' }, { responseType: 'x' }, { auth: 'ntlm' }, { tags: { a: {} } }]) {
          try { await http.get(url, params as never); } catch (error) { out((error as Error).message); }
        }
      `),
    ).toEqual([
      [0, 1212, 'dial: connection refused', null, 'http://127.0.0.1:1/'],
      'GoError: Get "http://127.0.0.1:1/": dial: connection refused',
      "the body is null so we can't transform it to JSON - this likely was because of a request error getting the response",
      1020,
      [0, 'request timeout', 'x'],
      'AbortError',
      expect.stringContaining('"soon" is no duration'),
      expect.stringContaining('unknown responseType "x"'),
      expect.stringContaining('not supported yet'),
      expect.stringContaining("tag 'a' must be"),
    ]);
  });

  it('names URLs, expects statuses and keeps cookies', async () => {
    const source = `import http from 'vurun/http';
http.setResponseCallback(http.expectedStatuses(404, { min: 500, max: 501 }));
const jar = new http.CookieJar();
export default async function () {
  const base = ${JSON.stringify(url)};
  await http.get(http.url\`\${base}/status/\${404}\`);
  await http.get(base + '/status/200', { responseCallback: null, tags: { name: 'two' } });
  await http.get(base + '/status/200');
  await http.get(base);
  const own = http.cookieJar().cookiesForURL(base);
  jar.set(base, 'mine', 'v', { max_age: 60 });
  console.log(JSON.stringify([own, jar.cookiesForURL(base)]));
  jar.delete(base, 'mine');
  console.log(JSON.stringify(jar.cookiesForURL(base)));
}`;
    const { logs, samples, failures } = await runGuest(source);
    expect(failures).toEqual([]);
    expect(logs.map((log) => log.text)).toEqual(['[{"seen":["1"]},{"mine":["v"]}]', '{}']);
    const failed = samples.filter((sample) => sample.metric === 'http_req_failed');
    expect(failed.map((sample) => [sample.tags['name'], sample.value])).toEqual([
      ['${}/status/${}', 0],
      [`${url}/status/200`, 1],
      [url, 1],
    ]);
    expect(samples.some((sample) => sample.tags['name'] === 'two')).toBe(true);
  });

  it('runs batches and keeps their shape', async () => {
    expect(
      await run(`
        const list = await http.batch([url + '/status/201', ['POST', url, 'b'], { method: 'put', url, body: 'c' }, 'nonsense']);
        out(list.map((res) => [res.status, res.error_code, res.body]));
        const named = await http.batch({ one: url + '/status/202', two: http.url\`\${url}/status/\${203}\` });
        out([named.one.status, named.two.status]);
        out(await http.batch([]));
        for (const wrong of [undefined, 'x', [5], [{ method: 'GET' }]]) {
          try { await http.batch(wrong as never); } catch (error) { out((error as Error).message); }
        }
      `),
    ).toEqual([
      [
        [201, 0, ''],
        [200, 0, 'POST \nb'],
        [200, 0, 'PUT \nc'],
        [0, 1020, null],
      ],
      [202, 203],
      [],
      'no argument was provided to http.batch()',
      'http.batch() accepts only an array or an object of requests',
      "invalid batch request '5'",
      "batch request 0 doesn't have a url key",
    ]);
  });

  it('is refused in init', async () => {
    const { failures } = await runGuest(
      `import http from 'vurun/http'; http.get('http://127.0.0.1/'); export default function () {}`,
    );
    expect(failures[0]?.message).toBe('Making http requests in the init context is not supported');
  });
});
