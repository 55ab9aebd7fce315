import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { request } from 'undici';
import { afterEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { runSimulator } from '../src/simulator/command.ts';
import { type KnobPatch, type Simulator, startSimulator } from '../src/simulator/simulator.ts';
import { Caller, fetchToken, RestClient, tally } from './support/seed-clients.ts';

let simulator: Simulator;
afterEach(() => simulator.close());

async function start(knobs: KnobPatch = {}): Promise<Simulator> {
  simulator = await startSimulator({ knobs: { scale: 0.01, ...knobs } });
  return simulator;
}

const ivr = (id: string | number): string => `${simulator.wsUrl}/v1/ivr/${id}`;

async function callIn(id: string | number, options = {}): Promise<Caller> {
  const caller = new Caller(ivr(id), options);
  await caller.answered;
  return caller;
}

async function until(isTrue: () => boolean): Promise<void> {
  while (!isTrue()) await sleep(5);
}

describe('conversations', () => {
  it('are created, joined, read and deleted, and deleting frees the slot', async () => {
    await start();
    const rest = new RestClient(simulator, await fetchToken(simulator));
    const created = await rest.createCall();
    const { id, selfUri, connectUri } = created.body as Record<string, string>;
    expect(selfUri).toBe(`/api/v2/conversations/calls/${id}`);
    expect(connectUri).toBe(`/v1/ivr/${id}`);
    expect((await rest.call('GET', selfUri as string)).body.state).toBe('alerting');
    const caller = new Caller(`${simulator.wsUrl}${connectUri}`);
    await caller.settled;
    expect((await rest.call('GET', selfUri as string)).body.state).toBe('connected');
    expect((await rest.call('DELETE', selfUri as string)).status).toBe(204);
    await caller.closed;
    expect(caller.story.closeCode).toBe(1000);
    await until(() => simulator.state().active === 0);
    expect((await rest.call('GET', selfUri as string)).body.code).toBe('not.found');
    const counts = simulator
      .state()
      .requests.map((r) => `${r.method} ${r.path} ${r.status} ${r.count}`);
    expect(counts).toEqual([
      'POST /oauth/token 200 1',
      'POST /api/v2/conversations/calls 202 1',
      'GET /api/v2/conversations/calls/{id} 200 2',
      'DELETE /api/v2/conversations/calls/{id} 204 1',
      'GET /api/v2/conversations/calls/{id} 404 1',
    ]);
  });

  it('carry the correlation id of the ledger, the time the platform took, and the attempt', async () => {
    await start();
    const rest = new RestClient(simulator, await fetchToken(simulator));
    const path = '/api/v2/conversations/calls';
    const { headers } = await rest.call('POST', path, { 'x-vurun-attempt': 'a-1' });
    const entry = simulator.ledger().at(-1);
    expect(entry).toMatchObject({ kind: 'rest', decision: 'accept', attemptHeader: 'a-1' });
    expect(headers['inin-correlation-id']).toBe(entry?.corr);
    expect(headers['server-timing']).toMatch(/^app;dur=\d+\.\d+$/);
    const caller = await callIn('x');
    expect(caller.story.headers['inin-correlation-id']).toBe(simulator.ledger().at(-1)?.corr);
    expect(caller.story.headers['server-timing']).toMatch(/^app;dur=/);
    expect(caller.story.headers.date).toBeDefined();
  });

  it('are refused without a token, at unknown paths, and with wrong methods and bodies', async () => {
    await start();
    const nobody = new RestClient(simulator, 'invented');
    const refused = await nobody.createCall();
    expect(refused).toMatchObject({ status: 401, body: { code: 'bad.credentials', status: 401 } });
    expect(refused.body.contextId).toBe(refused.headers['inin-correlation-id']);
    expect((await nobody.call('POST', '/v2/architect/flows')).body).toMatchObject({
      code: 'not.found',
      details: [],
      errors: [],
    });
    expect((await nobody.call('POST', '/api/v2/notifications/channels')).status).toBe(401);
    expect((await nobody.call('GET', '/api/v2/conversations/calls')).status).toBe(405);
    const rest = new RestClient(simulator, await fetchToken(simulator));
    const bad = await request(`${simulator.url}/api/v2/conversations/calls`, {
      method: 'POST',
      headers: { authorization: `Bearer ${await fetchToken(simulator)}` },
      body: '{oops',
    });
    expect([bad.statusCode, await bad.body.json()]).toMatchObject([400, { code: 'bad.request' }]);
    const large = await request(`${simulator.url}/api/v2/conversations/calls`, {
      method: 'POST',
      body: 'x'.repeat(100_000),
    });
    await large.body.dump();
    expect(large.statusCode).toBe(413);
    expect((await rest.createCall()).status).toBe(202);
    expect(simulator.state().requests).toContainEqual({
      method: 'POST',
      path: '(unknown)',
      status: '404',
      count: 1,
    });
  });

  it('are also made at the wrong paths of the threads when compat is seed', async () => {
    await start({ compat: 'seed' });
    const rest = new RestClient(simulator, await fetchToken(simulator));
    for (const path of ['/v2/architect/flows', '/api/v2/interactions/calls', '/v2/interactions']) {
      const { status, body } = await rest.call('POST', path);
      expect(status).toBe(202);
      expect((await rest.call('GET', body.selfUri as string)).status).toBe(200);
    }
  });

  it('list the limits that are set', async () => {
    await start({ rest: { limit: 150, windowMs: 30_000 }, maxSessions: 7 });
    const rest = new RestClient(simulator, await fetchToken(simulator));
    const base = '/api/v2/organizations/limits/namespaces';
    expect((await rest.call('GET', `${base}/platform.api`)).body.entities).toMatchObject([
      { key: 'client.credentials.token.rate.per.minute', value: 300 },
    ]);
    expect((await rest.call('GET', `${base}/ivr`)).body.entities).toMatchObject([
      { key: 'sessions.max', value: 7 },
    ]);
    expect((await rest.call('GET', `${base}/nothing`)).status).toBe(404);
  });
});

describe('the REST limit', () => {
  it('answers 429 per token, with the headers that tell why and until when', async () => {
    await start({ rest: { limit: 2 }, scale: 0.5 });
    const rest = new RestClient(simulator, await fetchToken(simulator));
    const other = new RestClient(simulator, await fetchToken(simulator));
    const first = await rest.createCall();
    expect(first.headers).toMatchObject({
      'inin-ratelimit-count': '1',
      'inin-ratelimit-allowed': '2',
      'inin-ratelimit-reset': '30',
    });
    await rest.createCall();
    const third = await rest.createCall();
    expect(third).toMatchObject({ status: 429, body: { code: 'too.many.requests.retry.after' } });
    expect(third.headers['inin-ratelimit-count']).toBe('3');
    expect(Number(third.headers['retry-after'])).toBeGreaterThan(0);
    expect(third.headers['retry-after-ms']).toBeDefined();
    expect((await other.createCall()).status).toBe(202);
  });

  it('takes its time when it is told to, and counts those that do not wait', async () => {
    await start({ latency: { rest: { base: 86_400_000 } } });
    const token = await fetchToken(simulator);
    const impatience = new AbortController();
    const answer = request(`${simulator.url}/api/v2/conversations/calls`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}` },
      signal: impatience.signal,
    });
    await until(() => simulator.state().decisions['rest:accept'] === 1);
    impatience.abort();
    await expect(answer).rejects.toThrow('abort');
    await until(() => simulator.state().requests.some(({ status }) => status === 'aborted'));
  });

  it('can be lifted while the simulator runs', async () => {
    await start({ rest: { limit: 1 } });
    const rest = new RestClient(simulator, await fetchToken(simulator));
    simulator.set({ rest: { windowMs: 600_000 } });
    await rest.createCall();
    expect((await rest.createCall()).status).toBe(429);
    simulator.set({ rest: null });
    expect((await rest.createCall()).status).toBe(202);
  });
});

describe('REST calls that go wrong', () => {
  const calls = '/api/v2/conversations/calls';

  async function client(): Promise<RestClient> {
    return new RestClient(simulator, await fetchToken(simulator));
  }

  it.each([
    ['delta', /^60$/],
    ['date', /^\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT$/],
    ['rfc850', /^\w+day, \d\d-\w{3}-\d\d \d\d:\d\d:\d\d GMT$/],
    ['asctime', /^\w{3} \w{3} [ \d]\d \d\d:\d\d:\d\d \d{4}$/],
  ] as const)('say when to come back as %s', async (retryAfter, form) => {
    await start({ scale: 1, quota: null, rest: { limit: 1, retryAfter } });
    const rest = await client();
    await rest.createCall();
    const { headers } = await rest.createCall();
    const given = String(headers['retry-after']);
    expect(given).toMatch(form);
    if (retryAfter === 'delta') return;
    // Dates are counted from the answer's own one; asctime says no zone and means GMT.
    const then = Date.parse(given.endsWith('GMT') ? given : `${given} GMT`);
    const seconds = (then - Date.parse(String(headers.date))) / 1_000;
    expect(seconds).toBeGreaterThan(0);
    expect(seconds).toBeLessThanOrEqual(60);
  });

  it('show their own bucket when it is to be shown, and are counted per client or for all', async () => {
    const bucket = { match: `POST ${calls}`, limit: 2, headers: true, scope: 'org' } as const;
    await start({ scale: 1, restBuckets: { creates: bucket } });
    const [a, b] = [await client(), new RestClient(simulator, await fetchToken(simulator, 'b'))];
    await a.createCall();
    await b.createCall();
    const third = await a.createCall();
    expect(third.status).toBe(429);
    expect(third.headers['inin-ratelimit-allowed']).toBe('2');
    expect((await a.call('GET', '/api/v2/notifications/channels')).status).toBe(200);
    expect(simulator.state().decisions['rest:bucket:creates']).toBe(1);
    const limits = '/api/v2/organizations/limits/namespaces/platform.api';
    expect((await a.call('GET', limits)).body.entities).toMatchObject([
      { key: 'creates.rate.per.minute', value: 2 },
    ]);
    simulator.set({ restBuckets: { creates: null } });
    expect((await a.createCall()).status).toBe(202);
  });

  it('cost a live session when the quota is spent, as any refusal for rate does', async () => {
    await start({ quota: { calls: 1 }, throttlePenalty: { everyRejects: 2 } });
    const rest = await client();
    const caller = await callIn(1);
    await rest.createCall();
    await rest.createCall();
    expect(caller.story.closeCode).toBeUndefined();
    await rest.createCall();
    await caller.closed;
    expect(simulator.state().decisions['ws:penalty']).toBe(1);
  });

  it('are refused although the token is good, REST and upgrades apart', async () => {
    await start({ auth: { status: '403', on: 'upgrade' } });
    const rest = await client();
    expect((await rest.createCall()).status).toBe(202);
    expect((await callIn(1)).story.upgrade).toBe(403);
    simulator.set({ auth: { status: '401', on: 'both' } });
    expect((await rest.createCall()).status).toBe(401);
    expect((await callIn(1)).story.upgrade).toBe(401);
    simulator.set({ auth: { atMs: 3_600_000 } });
    expect((await rest.createCall()).status).toBe(202);
  });

  it.each(['503', '504', '408', '502html', 'destroy'] as const)('end as %s', async (how) => {
    await start({ restFault: { everyNth: 1, how, retryAfter: 200 } });
    const token = await fetchToken(simulator);
    const answer = request(`${simulator.url}${calls}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}` },
    });
    if (how === 'destroy') {
      await expect(answer).rejects.toThrow();
      await until(() => simulator.state().requests.some(({ status }) => status === 'none'));
      return;
    }
    const { statusCode, headers, body } = await answer;
    await body.dump();
    expect(statusCode).toBe(Number.parseInt(how, 10));
    const isEdge = how === '502html';
    expect(headers['inin-correlation-id'] === undefined).toBe(isEdge);
    expect(headers['server-timing'] === undefined).toBe(isEdge);
    expect(headers['retry-after']).toBe(isEdge ? undefined : '2');
  });

  it('are told how long their connection is kept, unless it is to be a surprise', async () => {
    await start({ scale: 1, keepAlive: { timeoutMs: 7_000 } });
    const rest = await client();
    expect((await rest.createCall()).headers['keep-alive']).toBe('timeout=7');
    simulator.set({ keepAlive: { hint: false } });
    const { headers } = await rest.createCall();
    expect([headers['keep-alive'], headers.connection]).toEqual([undefined, 'keep-alive']);
  });

  it('are waited for in full, for as long as they may take', async () => {
    await start({ requestTimeoutMs: 5_000 });
    const token = await fetchToken(simulator);
    const socket = connect(Number(new URL(simulator.url).port), '127.0.0.1');
    socket.write(
      `POST ${calls} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${token}\r\nContent-Length: 9\r\n\r\n{`,
    );
    let text = '';
    for await (const chunk of socket) text += String(chunk);
    expect(text).toMatch(/^HTTP\/1\.1 408 /);
    expect(text).toContain('The client did not produce a request within the server timeout limit');
    expect(simulator.state().decisions['rest:request-timeout']).toBe(1);
  });
});

describe('a knob that needs a door of its own', () => {
  it('is refused while the simulator runs', async () => {
    await start();
    expect(() => simulator.set({ accept: { pauseMs: 1_000 } })).toThrow(
      'only when the simulator starts',
    );
    expect(simulator.state().knobs.accept).toBeNull();
  });
});

describe('tokens', () => {
  const ask = async (authorization: string, body: string) => {
    const response = await request(`${simulator.url}/oauth/token`, {
      method: 'POST',
      headers: { authorization, 'content-type': 'application/x-www-form-urlencoded' },
      body,
    });
    return { status: response.statusCode, body: await response.body.json() };
  };
  const grant = 'grant_type=client_credentials';
  const basic = `Basic ${Buffer.from('me:secret').toString('base64')}`;

  it('are given to a client with a secret, and to nobody else', async () => {
    await start({ scale: 1, token: { latencyMs: 0 } });
    expect(await ask(basic, grant)).toMatchObject({
      status: 200,
      body: { token_type: 'bearer', expires_in: 86_400 },
    });
    expect(await ask('', grant)).toEqual({ status: 401, body: { error: 'invalid_client' } });
    expect(await ask(basic, 'grant_type=password')).toMatchObject({
      status: 400,
      body: { error: 'invalid_request' },
    });
  });

  it('are limited per client and minute, and per client in number', async () => {
    await start({ token: { limit: 3, maxLive: 1, windowMs: 600_000 } });
    const old = new RestClient(simulator, await fetchToken(simulator));
    expect((await old.createCall()).status).toBe(202);
    await fetchToken(simulator);
    expect((await old.createCall()).status).toBe(401);
    await fetchToken(simulator);
    expect(
      (await ask(`Basic ${Buffer.from('client:secret').toString('base64')}`, grant)).status,
    ).toBe(429);
    expect((await ask(basic, grant)).status).toBe(200);
    expect(simulator.state().decisions['token:token-limit']).toBe(1);
  });
});

describe('the session above the cap', () => {
  it.each([
    ['503', 503],
    ['429', 429],
    ['502html', 502],
    ['hang408', 408],
    ['hangDrop', 'cut'],
    ['destroy', 'cut'],
  ] as const)('gets what %s says, and the slot is free after a close', async (overCap, upgrade) => {
    await start({ maxSessions: 1, overCap, hangMs: 1_000, overCapRetryAfter: 300 });
    const first = await callIn(1);
    const second = await callIn(2);
    expect(second.story.upgrade).toBe(upgrade);
    if (overCap === '429') expect(second.story.headers['retry-after']).toBe('3');
    expect(simulator.state().upgrades).toEqual({
      101: 1,
      [upgrade === 'cut' ? 'none' : upgrade]: 1,
    });
    await first.hangUp();
    await until(() => simulator.state().active === 0);
    expect((await callIn(3)).story.upgrade).toBe(101);
  });

  it('is accepted and destroyed without a slot by accept-destroy', async () => {
    await start({ maxSessions: 1, overCap: 'accept-destroy', destroyAfterMs: 1_000 });
    const first = await callIn(1);
    const second = await callIn(2);
    expect(second.story.upgrade).toBe(101);
    expect(simulator.state().active).toBe(1);
    await second.closed;
    expect(second.story.closeCode).toBe(1006);
    expect(first.story.closeCode).toBeUndefined();
  });

  it('takes the place of the newest by evict-newest', async () => {
    await start({ maxSessions: 2, overCap: 'evict-newest' });
    const callers = [await callIn(1), await callIn(2), await callIn(3)];
    await callers[1]?.closed;
    expect(callers.map(({ story }) => story.closeCode)).toEqual([undefined, 1006, undefined]);
    expect(simulator.state().active).toBe(2);
  });

  it('that gives up while it hangs is counted as aborted', async () => {
    await start({ maxSessions: 0, overCap: 'hang408', hangMs: 3_600_000 });
    const caller = new Caller(ivr(1));
    await until(() => simulator.ledger().length === 1);
    caller.webSocket.terminate();
    await until(() => simulator.state().upgrades.aborted === 1);
  });
});

describe('upgrades', () => {
  it('are limited per deployment, and every attempt counts', async () => {
    await start({ handshakes: { limit: 2, windowMs: 600_000 }, reveal: true });
    expect((await callIn(1)).story.headers['x-sim-decision']).toBe('accept');
    await callIn(2);
    const third = await callIn(3);
    expect(third.story.upgrade).toBe(429);
    expect(third.story.headers).toMatchObject({
      'inin-ratelimit-allowed': '2',
      'retry-after': expect.any(String),
      'x-sim-decision': 'handshake-limit',
    });
    expect((await callIn('4?deploymentId=other')).story.upgrade).toBe(101);
  });

  it('hold their slot while the 101 is delayed, and give it back when the client leaves', async () => {
    await start({ maxSessions: 1, latency: { upgrade: { base: 3_600_000 } } });
    const waiting = new Caller(ivr(1));
    await until(() => simulator.state().active === 1);
    expect((await callIn(2)).story.upgrade).toBe(503);
    waiting.webSocket.terminate();
    await until(() => simulator.state().active === 0);
    expect(simulator.state().upgrades).toEqual({ 503: 1, aborted: 1 });
  });

  it('are refused in a line where there is nothing, or nothing for this client', async () => {
    await start();
    for (const [path, status, text] of [
      ['/v1', 403, 'Name a deployment'],
      ['/channels/abc', 404, 'There is no channel abc'],
      ['/audiohook', 401, 'X-API-KEY is missing'],
      ['/api/v2/conversations/calls', 404, 'no WebSocket at /api/v2'],
    ] as const) {
      const caller = new Caller(`${simulator.wsUrl}${path}`);
      await caller.answered;
      expect(caller.story.upgrade).toBe(status);
      expect(caller.story.body).toContain(text);
    }
  });

  it('that are no WebSocket handshake get 400', async () => {
    await start();
    const socket = connect(Number(new URL(simulator.url).port), '127.0.0.1');
    socket.write(
      'GET /v1/ivr/1 HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n',
    );
    let text = '';
    for await (const chunk of socket) text += String(chunk);
    expect(text).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n/);
    expect(simulator.state().upgrades).toEqual({ 400: 1 });
  });

  it('above saturation fail for the share that is asked for', async () => {
    await start({ saturation: { at: 0, status: 503, share: 0.25 } });
    const statuses: (number | 'cut')[] = [];
    for (let i = 0; i < 12; i++) statuses.push((await callIn(i)).story.upgrade);
    expect(tally(statuses)).toEqual({ 101: 9, 503: 3 });
    expect(statuses[3]).toBe(503);
  });
});

describe('live sessions', () => {
  it.each([
    ['fin', 1006],
    ['rst', 1006],
    ['close:1012', 1012],
  ] as const)('are dropped by %s', async (how, code) => {
    await start({ drop: { everyNth: 2, afterMs: 100, how } });
    const kept = await callIn(1);
    const dropped = await callIn(2);
    await dropped.closed;
    expect(dropped.story.closeCode).toBe(code);
    await until(() => simulator.state().active === 1);
    expect(kept.story.closeCode).toBeUndefined();
    expect(simulator.state().decisions['ws:drop']).toBe(1);
  });

  it('that fall silent keep the socket and answer nothing, not even a ping', async () => {
    await start({ drop: { everyNth: 1, afterMs: 1, how: 'silent' } });
    const caller = await callIn(1, { digits: null });
    await until(() => simulator.state().decisions['ws:drop'] === 1);
    const before = caller.story.messages.length;
    let pongs = 0;
    caller.webSocket.on('pong', () => pongs++);
    caller.webSocket.ping();
    caller.send({ type: 'ping', t: 1 });
    await sleep(100);
    expect([pongs, caller.story.messages.length - before]).toEqual([0, 0]);
    expect(simulator.state()).toMatchObject({ active: 1, closes: {}, messages: { received: 0 } });
    caller.webSocket.terminate();
  });

  it('are closed when idle, but not while there is traffic', async () => {
    await start({ scale: 1, idleMs: 150 });
    const idle = await callIn(1);
    const busy = await callIn(2);
    const talk = setInterval(() => busy.send({ type: 'ping', t: 0 }), 20);
    await idle.closed;
    expect(idle.story.closeCode).toBe(1001);
    expect(busy.story.closeCode).toBeUndefined();
    clearInterval(talk);
    await busy.closed;
    expect(busy.story.closeCode).toBe(1001);
  });

  it('are kept from idling by pings when these count', async () => {
    await start({ scale: 1, idleMs: 150, idleCountsPing: true });
    const quiet = await callIn(1);
    const pinging = await callIn(2);
    const ping = setInterval(() => pinging.webSocket.ping(), 20);
    await quiet.closed;
    expect(pinging.story.closeCode).toBeUndefined();
    clearInterval(ping);
    await pinging.closed;
  });

  it('end at their maximum lifetime', async () => {
    await start({ maxLifetimeMs: 1_000 });
    const caller = await callIn(1);
    await caller.closed;
    expect(caller.story.closeCode).toBe(1001);
  });

  it('are closed in their share by a mass disconnect', async () => {
    await start();
    const callers: Caller[] = [];
    for (let i = 0; i < 8; i++) callers.push(await callIn(i));
    simulator.set({ massDisconnect: { atMs: 100, share: 0.5 } });
    await until(() => simulator.state().active === 4);
    await until(() => callers.filter(({ story }) => story.closeCode === 1012).length === 4);
  });

  it('are closed so long after the first call of a client, whenever that came', async () => {
    await start({ massDisconnect: { atMs: 20_000 } });
    await sleep(300);
    await request(`${simulator.url}/__sim/healthz`).then(({ body }) => body.dump());
    const callers = [await callIn(1), await callIn(2)];
    await Promise.all(callers.map(({ closed }) => closed));
    expect(callers.map(({ story }) => story.closeCode)).toEqual([1012, 1012]);
  });

  it('wait for a data action when these take time, and for a place when they are few', async () => {
    await start({ dataAction: { latencyMs: 1_000, maxConcurrent: 1 } });
    const callers = [await callIn(1), await callIn(2), await callIn(3)];
    await callers[0]?.settled;
    callers[1]?.webSocket.terminate();
    await Promise.all(callers.map(({ settled }) => settled));
    expect(callers[2]?.story.messages.map(({ type }) => type)).toEqual([
      'prompt',
      'prompt',
      'gather',
      'processing',
      'transfer',
    ]);
  });

  it('that send a frame that is too large are closed with 1009', async () => {
    await start();
    const caller = await callIn(1);
    caller.send('x'.repeat(100_000));
    await caller.closed;
    expect(caller.story.closeCode).toBe(1009);
  });
});

describe('the admin endpoints', () => {
  const admin = async (method: 'GET' | 'POST' | 'PATCH', path: string, body?: string) => {
    const url = `${simulator.url}/__sim/${path}`;
    const response = await request(url, { method, ...(body === undefined ? {} : { body }) });
    return { status: response.statusCode, text: await response.body.text() };
  };

  it('answer health, state, ledger and knobs, and are counted nowhere', async () => {
    await start({ rest: { limit: 1 } });
    expect((await admin('GET', 'healthz')).text).toBe('{"status":"ok"}\n');
    await fetchToken(simulator);
    await callIn(1);
    const state = JSON.parse((await admin('GET', 'state')).text);
    expect(state).toMatchObject({
      preset: 'healthy',
      active: 1,
      sockets: { open: 1, accepted: 1, peak: 1 },
      requests: [{ method: 'POST', path: '/oauth/token', status: '200', count: 1 }],
      upgrades: { 101: 1 },
    });
    const lines = (await admin('GET', 'ledger?since=1')).text.trimEnd().split('\n');
    expect(lines.map((line) => JSON.parse(line))).toMatchObject([
      { ordinal: 2, kind: 'upgrade', decision: 'accept', active: 0 },
    ]);
    expect((await admin('GET', 'ledger?since=x')).status).toBe(400);
    const patched = await admin('PATCH', 'knobs', '{"rest":{"limit":600}}');
    expect(JSON.parse(patched.text).rest.limit).toBe(600);
    const refused = await admin('PATCH', 'knobs', '{"acept":{},"maxSessions":"x"}');
    expect(refused.status).toBe(400);
    expect(JSON.parse(refused.text).message).toMatch(/acept: .*\n.*maxSessions: /);
    expect((await admin('PATCH', 'knobs', '{')).text).toContain('not JSON');
    expect((await admin('GET', 'nothing')).status).toBe(404);
  });

  it('reset to a fresh platform with the same knobs', async () => {
    await start({ maxSessions: 3 });
    const caller = await callIn(1);
    const token = await fetchToken(simulator);
    const state = JSON.parse((await admin('POST', 'reset')).text);
    expect(state).toMatchObject({
      active: 0,
      requests: [],
      upgrades: {},
      knobs: { maxSessions: 3 },
    });
    await caller.closed;
    expect((await new RestClient(simulator, token).createCall()).status).toBe(401);
    expect(simulator.state().closes).toEqual({});
    expect(simulator.ledger()).toHaveLength(1);
  });
});

describe('vurun sim', () => {
  it('prints one line with both addresses and writes its ledger', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'sim-'));
    try {
      const lines: string[] = [];
      const ledger = join(folder, 'ledger.ndjson');
      const set = ['rest.limit=600', 'scale=3'];
      simulator = await runSimulator(
        { preset: 'seed-004', port: 0, set, scale: 0.1, seed: 9, ledger },
        { stdout: (line) => lines.push(line) },
      );
      expect(lines).toEqual([JSON.stringify({ http: simulator.url, ws: simulator.wsUrl })]);
      expect(simulator.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
      expect(simulator.state().knobs).toMatchObject({
        scale: 0.1,
        seed: 9,
        rest: { limit: 600 },
        throttlePenalty: { everyRejects: 10 },
      });
      await fetchToken(simulator);
      await simulator.close();
      expect(JSON.parse(readFileSync(ledger, 'utf8'))).toMatchObject({ kind: 'token', ordinal: 1 });
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('says which port it cannot have', async () => {
    await start();
    const port = Number(new URL(simulator.url).port);
    const io = { stdout: () => {} };
    await expect(runSimulator({ preset: 'healthy', port, set: [] }, io)).rejects.toThrow(
      `cannot listen on 127.0.0.1 port ${port}`,
    );
    await expect(runSimulator({ preset: 'idle-11', port: 0, set: [] }, io)).rejects.toThrow(
      'no preset "idle-11"',
    );
  });

  it('closes although clients are connected and hanging', async () => {
    await start({ maxSessions: 1, overCap: 'hang408', hangMs: 3_600_000 });
    const open = await callIn(1);
    const hanging = new WebSocket(ivr(2)).on('error', () => {});
    await until(() => simulator.ledger().length === 2);
    await simulator.close();
    await open.closed;
    expect(hanging.readyState).not.toBe(WebSocket.OPEN);
  });
});
