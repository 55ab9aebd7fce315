/** Retries, tokens and limits of requests and WebSockets, against servers that refuse on purpose. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { readBackoff } from '../src/citizen/backoff.ts';
import type { Citizen } from '../src/citizen/citizen.ts';
import { readTokenClient } from '../src/citizen/token-client.ts';
import { citizenOf } from './support/citizen.ts';
import { FakeVu, rawServer } from './support/http-vu.ts';

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

interface Seen {
  method: string;
  url: string;
  headers: IncomingMessage['headers'];
  body: string;
}

/** Answers requests one after the other with what `answer` says; keeps them. */
async function server(
  answer: (n: number, seen: Seen, response: ServerResponse) => void,
): Promise<{ url: string; seen: Seen[] }> {
  const seen: Seen[] = [];
  const made = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      const { method = '', url = '', headers } = request;
      seen.push({ method, url, headers, body: Buffer.concat(parts).toString() });
      answer(seen.length, seen.at(-1) as Seen, response);
    });
  });
  await new Promise<void>((resolve) => made.listen(0, '127.0.0.1', resolve));
  closers.push(() => {
    made.closeAllConnections();
    made.close();
  });
  return { url: `http://127.0.0.1:${(made.address() as AddressInfo).port}/`, seen };
}

/** The policy as requests carry it. */
function backoff(kind: string, given: object = {}): string {
  readBackoff(kind, given);
  return JSON.stringify({ kind, ...given });
}
const quick = backoff('fullJitter', { base: 5, max: 3 });

function counted(vu: FakeVu, metric: string): { value: number; tags: Record<string, string> }[] {
  return vu.samples.filter((sample) => sample.metric === metric);
}

test('a refused request is sent again, and each attempt is measured', async () => {
  const { url, seen } = await server((n, _seen, response) => {
    response.writeHead(n < 3 ? 503 : 200).end(`attempt ${n}`);
  });
  const vu = new FakeVu();
  const answer = await vu.get(url, { retry: quick, name: 'it' });
  expect(answer.status).toBe(200);
  expect(answer.text()).toBe('attempt 3');
  expect(seen).toHaveLength(3);
  expect(counted(vu, 'http_reqs').map(({ tags }) => tags['status'])).toEqual(['503', '503', '200']);
  expect(counted(vu, 'retries').map(({ tags }) => [tags['reason'], tags['name']])).toEqual([
    ['503', 'it'],
    ['503', 'it'],
  ]);
  expect(counted(vu, 'retry_wait')).toHaveLength(2);
  expect(vu.gauges.httpInFlight).toBe(0);
});

test('attempts share their operation, and say what they waited and were asked to', async () => {
  const { url } = await server((n, _seen, response) => {
    response.writeHead(n === 1 ? 429 : 200, n === 1 ? { 'Retry-After': '0.05' } : {}).end();
  });
  const vu = new FakeVu();
  await vu.get(url, { retry: quick });
  const [first, second] = vu.attempts.records();
  expect(first).toMatchObject({ attempt: 1, status: 429 });
  expect(first).not.toHaveProperty('waited');
  expect(second).toMatchObject({ op: first?.op, attempt: 2, status: 200, asked: 50 });
  expect(second?.waited).toBeGreaterThanOrEqual(50);
});

test('after the last retry the refusal is handed out', async () => {
  const { url, seen } = await server((_n, _seen, response) => response.writeHead(429).end('busy'));
  const vu = new FakeVu();
  const answer = await vu.get(url, { retry: quick });
  expect([answer.status, answer.text(), seen.length]).toEqual([429, 'busy', 4]);
  expect(counted(vu, 'retries_given_up').map(({ tags }) => tags['reason'])).toEqual(['max']);
});

test('without a policy nothing is sent again', async () => {
  const { url, seen } = await server((_n, _seen, response) => response.writeHead(503).end());
  const vu = new FakeVu();
  await vu.get(url);
  await vu.get(url, { retry: backoff('none') });
  await vu.get(url, { retry: backoff('fullJitter', { on: [429] }) });
  expect(seen).toHaveLength(3);
  expect(counted(vu, 'retries')).toEqual([]);
});

test('a POST is sent again only with a key, which all attempts share, or when told to', async () => {
  const { url, seen } = await server((n, _seen, response) => {
    response.writeHead(n % 2 === 1 ? 503 : 200).end();
  });
  const vu = new FakeVu();
  const post = async (params: Record<string, unknown>) =>
    (await vu.start('POST', url, params, 'hello').answer).status;
  expect(await post({ retry: quick, idempotencyKey: true })).toBe(200);
  const [first, second] = seen.splice(0);
  expect(first?.headers['idempotency-key']).toMatch(/^[0-9a-f-]{36}$/);
  expect(second).toEqual(first);
  expect(second?.body).toBe('hello');

  expect(await post({ retry: quick, idempotencyKey: 'mine' })).toBe(200);
  expect(seen.splice(0).map(({ headers }) => headers['idempotency-key'])).toEqual(['mine', 'mine']);

  const rude = backoff('fixed', { base: 5, methods: ['POST'] });
  expect(await post({ retry: rude })).toBe(200);
  expect(seen.splice(0)).toHaveLength(2);

  expect(await post({ retry: quick })).toBe(503);
  expect(counted(vu, 'retries_given_up').map(({ tags }) => tags['reason'])).toEqual(['method']);
});

test.each<[string, Record<string, string>, string]>([
  ['a header', { 'Retry-After': '0.3' }, ''],
  ['a duration', { 'Retry-After': 'PT0.3S' }, ''],
  ['milliseconds', { 'Retry-After': '1', 'Retry-After-Ms': '300' }, ''],
  ['the body', {}, '{"body":{"retryAfter":0.3}}'],
])('what %s asks for is waited, and the jitter on top', async (_what, headers, body) => {
  const at: number[] = [];
  const { url } = await server((n, _seen, response) => {
    at.push(performance.now());
    response.writeHead(n === 1 ? 429 : 200, headers).end(body);
  });
  const vu = new FakeVu();
  await vu.get(url, { retry: quick });
  expect(counted(vu, 'retry_wait')[0]?.value).toBeGreaterThanOrEqual(300);
  expect((at[1] as number) - (at[0] as number)).toBeGreaterThanOrEqual(300);
  expect(counted(vu, 'retry_after_violations')).toEqual([]);
});

test('a client that does not heed it is counted', async () => {
  const { url } = await server((n, _seen, response) => {
    response.writeHead(n === 1 ? 429 : 200, { 'Retry-After': '30' }).end();
  });
  const vu = new FakeVu();
  await vu.get(url, { retry: backoff('fixed', { base: 5 }) });
  expect(counted(vu, 'retry_after_violations')).toHaveLength(1);
});

test('a target that asks for more than the cap is not asked again', async () => {
  const { url, seen } = await server((_n, _seen, response) => {
    response.writeHead(429, { 'Retry-After': '3600' }).end();
  });
  const vu = new FakeVu();
  expect((await vu.get(url, { retry: quick })).status).toBe(429);
  expect(seen).toHaveLength(1);
  expect(counted(vu, 'retries_given_up')[0]?.tags['reason']).toBe('retry_after_cap');
});

test('the budget bounds the retries of all VUs', async () => {
  const { url, seen } = await server((_n, _seen, response) => response.writeHead(503).end());
  const citizen = citizenOf();
  const vus = Array.from({ length: 20 }, (_, i) => new FakeVu({}, i + 1, citizen));
  const retry = backoff('fullJitter', { base: 5, max: 5, budget: 0.1 });
  await Promise.all(vus.map((vu) => vu.get(url, { retry })));
  // 10 are free, and one in ten operations.
  expect(seen).toHaveLength(20 + 12);
  const reasons = vus.flatMap((vu) => counted(vu, 'retries_given_up').map((s) => s.tags['reason']));
  expect(reasons).toContain('budget');
});

test('failures without an answer have names', async () => {
  let connections = 0;
  const raw = await rawServer((socket) => {
    connections++;
    if (connections === 1) socket.resetAndDestroy();
    else if (connections === 2) socket.end();
    else socket.end('HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok');
  });
  closers.push(raw.close);
  const vu = new FakeVu();
  expect((await vu.get(raw.url, { retry: quick })).status).toBe(200);
  expect(counted(vu, 'retries').map(({ tags }) => tags['reason'])).toEqual(['ECONNRESET', 'EOF']);
  const refused = await vu.get('http://127.0.0.1:1/', {
    retry: backoff('fullJitter', { base: 1, max: 2 }),
  });
  expect(refused.errorCode).toBe(1212);
  expect(counted(vu, 'retries').at(-1)?.tags['reason']).toBe('ECONNREFUSED');
});

test('a request that is given up while it waits is gone', async () => {
  const { url, seen } = await server((_n, _seen, response) => response.writeHead(503).end());
  const citizen = citizenOf({ limiters: [{ kind: 'concurrent', name: 'one', count: 1 }] });
  const vu = new FakeVu({}, 1, citizen);
  const params = { retry: backoff('fixed', { base: '1h', max: 1 }), limit: { limiter: 0 } };
  vu.start('GET', url, params);
  await expect.poll(() => counted(vu, 'retries').length).toBe(1);
  vu.session.iterationEnded(true);
  expect(vu.gauges.httpInFlight).toBe(0);
  // Its place is free again.
  expect((await vu.get(url, { limit: { limiter: 0 } })).status).toBe(503);
  expect(seen).toHaveLength(2);
});

test('never more requests than a limit lets are under way, over all VUs', async () => {
  let under = 0;
  let most = 0;
  const { url } = await server((_n, _seen, response) => {
    most = Math.max(most, ++under);
    setTimeout(() => {
      under--;
      response.end();
    }, 5);
  });
  const citizen = citizenOf({ limiters: [{ kind: 'concurrent', name: 'three', count: 3 }] });
  const vus = Array.from({ length: 10 }, (_, i) => new FakeVu({}, i + 1, citizen));
  await Promise.all(
    vus.flatMap((vu) => [1, 2, 3].map(() => vu.get(url, { limit: { limiter: 0 } }))),
  );
  expect(most).toBe(3);
  const waits = vus.flatMap((vu) => counted(vu, 'limit_wait'));
  expect(waits).toHaveLength(30);
  expect(waits[0]?.tags['limit']).toBe('three');
});

test('several limits in whatever order block nobody', async () => {
  const { url, seen } = await server((_n, _seen, response) => response.end());
  const citizen = citizenOf({
    limiters: [
      { kind: 'rate', name: 'pace', count: 500, perMs: 1_000, burst: 1 },
      { kind: 'concurrent', name: 'a', count: 1 },
      { kind: 'concurrent', name: 'b', count: 1 },
    ],
  });
  const orders = [
    [0, 1, 2],
    [2, 1, 0],
    [1, 1, 2],
    [2, 0, 1],
  ];
  const vus = Array.from({ length: 12 }, (_, i) => new FakeVu({}, i + 1, citizen));
  const limitOf = (i: number) => orders[i % 4]?.map((limiter) => ({ limiter }));
  await Promise.all(vus.map((vu, i) => vu.get(url, { limit: limitOf(i) })));
  expect(seen).toHaveLength(12);
});

test('what was asked wrongly is refused with the parameter', () => {
  const vu = new FakeVu();
  const start = (params: Record<string, unknown>) => () => vu.start('GET', 'http://h/', params);
  expect(start({ retry: { max: 3 } })).toThrow('http params.retry must be made with backoff');
  expect(start({ limit: 5 })).toThrow('http params.limit must be made with limits');
  expect(start({ limit: { limiter: 0 } })).toThrow('http params.limit must be made with limits');
  expect(start({ auth: {} })).toThrow('http params.auth must be made with oauth');
  expect(start({ auth: 'bearer' })).toThrow(
    'unknown auth type "bearer"; use \'basic\', or a token',
  );
  expect(start({ idempotencyKey: 5 })).toThrow('http params.idempotencyKey must be true or text');
  expect(start({ idempotencyKey: 'a\nb' })).toThrow('http params.idempotencyKey');
});

/** A citizen with one shared client, whose tokens come from a list. */
function withTokens(...values: string[]): { citizen: Citizen; asked: number[] } {
  const asked: number[] = [];
  const spec = readTokenClient('shared', {
    tokenUrl: 'http://127.0.0.1:1/token',
    clientId: 'id',
    clientSecret: 'hush',
  });
  const citizen: Citizen = citizenOf(
    { tokenClients: [spec] },
    {
      askToken: (client, generation) => {
        asked.push(generation);
        const value = values[asked.length - 1];
        const news =
          value === undefined
            ? { generation, error: 'POST http://127.0.0.1:1/token: it answered 500', pauseMs: 0 }
            : { generation: generation + 1, value, refreshInMs: 1e6, expiresInMs: 1e6 };
        setImmediate(() => citizen.tokenNews(client, news));
      },
    },
  );
  return { citizen, asked };
}
const auth = { oauth: 0 };

test('a token is sent, and a 401 is answered with one new token and one more attempt', async () => {
  const { url, seen } = await server((_n, { headers }, response) => {
    response.writeHead(headers.authorization === 'Bearer two' ? 200 : 401).end();
  });
  const { citizen, asked } = withTokens('one', 'two');
  const vus = Array.from({ length: 5 }, (_, i) => new FakeVu({}, i + 1, citizen));
  const statuses = await Promise.all(vus.map(async (vu) => (await vu.get(url, { auth })).status));
  expect(statuses).toEqual([200, 200, 200, 200, 200]);
  expect(asked).toEqual([0, 1]);
  expect(seen.filter(({ headers }) => headers.authorization === 'Bearer one')).toHaveLength(5);
  const reasons = vus.flatMap((vu) => counted(vu, 'retries').map(({ tags }) => tags['reason']));
  expect(reasons).toEqual(['401', '401', '401', '401', '401']);
});

test('a target that accepts no token is not asked for ever, nor is the token endpoint', async () => {
  const { url, seen } = await server((_n, _seen, response) => response.writeHead(401).end());
  const { citizen, asked } = withTokens('one', 'two', 'three', 'four', 'five', 'six');
  const vu = new FakeVu({}, 1, citizen);
  for (let i = 0; i < 5; i++) expect((await vu.get(url, { auth })).status).toBe(401);
  expect(asked).toEqual([0, 1]);
  expect(seen).toHaveLength(6);
});

test('without a token nothing is sent, and it is said why', async () => {
  const { url, seen } = await server((_n, _seen, response) => response.end());
  const { citizen } = withTokens();
  const vu = new FakeVu({}, 1, citizen);
  const answer = await vu.get(url, { auth });
  expect(answer.status).toBe(0);
  expect(answer.error).toBe(
    'no token could be had: POST http://127.0.0.1:1/token: it answered 500',
  );
  expect(seen).toEqual([]);
});

test('a redirect to a foreign host does not take the token along', async () => {
  const there = await server((_n, _seen, response) => response.end());
  const { url, seen } = await server((_n, _seen, response) => {
    response.writeHead(302, { Location: there.url.replace('127.0.0.1', 'localhost') }).end();
  });
  const { citizen } = withTokens('one');
  const vu = new FakeVu({}, 1, citizen);
  expect((await vu.get(url, { auth })).status).toBe(200);
  expect(seen[0]?.headers.authorization).toBe('Bearer one');
  expect(there.seen[0]?.headers.authorization).toBeUndefined();
});

test("a header of the script's own goes before the token, and no dump shows the token", async () => {
  const { url, seen } = await server((_n, _seen, response) => response.end());
  const { citizen } = withTokens('one-secret-token');
  const vu = new FakeVu({ httpDebug: 'full' }, 1, citizen);
  await vu.get(url, { auth, headers: [['Authorization', 'Mine']] });
  await vu.get(url, { auth });
  expect(seen.map(({ headers }) => headers.authorization)).toEqual([
    'Mine',
    'Bearer one-secret-token',
  ]);
  expect(JSON.stringify(vu.logs)).not.toContain('one-secret-token');
});
