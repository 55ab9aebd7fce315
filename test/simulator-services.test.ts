/** What can be talked to over WebSocket besides the IVR flow: channels, web messaging, AudioHook. */
import { setTimeout as sleep } from 'node:timers/promises';
import { request } from 'undici';
import { afterEach, describe, expect, it } from 'vitest';
import { type ClientOptions, WebSocket } from 'ws';
import { type KnobPatch, type Simulator, startSimulator } from '../src/simulator/simulator.ts';
import { Caller, fetchToken, RestClient } from './support/seed-clients.ts';

let simulator: Simulator;
afterEach(() => simulator.close());

type Message = Record<string, unknown>;

async function start(knobs: KnobPatch = {}): Promise<void> {
  simulator = await startSimulator({ knobs: { scale: 0.01, ...knobs } });
}

async function until(isTrue: () => boolean): Promise<void> {
  while (!isTrue()) await sleep(5);
}

/** A client that remembers what it heard. */
class Listener {
  readonly heard: Message[] = [];
  closeCode: number | undefined;
  readonly #socket: WebSocket;

  constructor(url: string, options: ClientOptions = {}) {
    this.#socket = new WebSocket(url, options);
    this.#socket.on('error', () => {});
    this.#socket.on('message', (data) => this.heard.push(JSON.parse(String(data)) as Message));
    this.#socket.on('close', (code) => {
      this.closeCode = code;
    });
  }

  static async open(path: string, options: ClientOptions = {}): Promise<Listener> {
    const url = path.startsWith('ws:') ? path : `${simulator.wsUrl}${path}`;
    const listener = new Listener(url, options);
    await new Promise((resolve) => listener.#socket.once('open', resolve));
    return listener;
  }

  say(message: Message | string | Buffer): void {
    const isRaw = typeof message === 'string' || Buffer.isBuffer(message);
    this.#socket.send(isRaw ? message : JSON.stringify(message));
  }

  /** Sends and waits for so many answers. */
  async ask(message: Message | string, answers = 1): Promise<Message[]> {
    const before = this.heard.length;
    this.say(message);
    await until(() => this.heard.length >= before + answers || this.closeCode !== undefined);
    return this.heard.slice(before);
  }

  async closed(): Promise<number> {
    await until(() => this.closeCode !== undefined);
    return this.closeCode as number;
  }
}

describe('notification channels', () => {
  const path = '/api/v2/notifications/channels';

  async function send(token: string, method: 'POST' | 'PUT' | 'GET', at: string, body?: unknown) {
    const response = await request(`${simulator.url}${at}`, {
      method,
      headers: { authorization: `Bearer ${token}` },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.body.text();
    return { status: response.statusCode, body: JSON.parse(text) as Message };
  }

  async function createChannel(token: string): Promise<{ id: string; connectUri: string }> {
    const { status, body } = await send(token, 'POST', path);
    expect(status).toBe(200);
    expect(Object.keys(body)).toEqual(['id', 'connectUri', 'expires']);
    return body as { id: string; connectUri: string };
  }

  it('are made over REST, beat, answer a ping, and bring events of their topics', async () => {
    await start({ channels: { heartbeatMs: 5_000, eventMs: 5_000 } });
    const token = await fetchToken(simulator);
    const { id, connectUri } = await createChannel(token);
    expect(connectUri).toBe(`${simulator.wsUrl}/channels/${id}`);
    const subscriptions = `${path}/${id}/subscriptions`;
    const topics = [{ id: 'v2.users.a.conversations' }, { id: 'v2.users.b.conversations' }];
    expect((await send(token, 'POST', subscriptions, topics)).body).toEqual({ entities: topics });
    const put = await send(token, 'PUT', subscriptions, topics.slice(1));
    expect(put.body).toEqual({ entities: topics.slice(1) });
    const listener = await Listener.open(connectUri);
    listener.say({ message: 'ping' });
    const metadata = (message: string) => ({
      topicName: 'channel.metadata',
      eventBody: { message },
    });
    await until(() => listener.heard.some(({ topicName }) => topicName === topics[1]?.id));
    await until(() => listener.heard.filter((m) => m.topicName === 'channel.metadata').length > 1);
    expect(listener.heard).toContainEqual(metadata('pong'));
    expect(listener.heard).toContainEqual(metadata('WebSocket Heartbeat'));
    expect(listener.heard.some(({ topicName }) => topicName === topics[0]?.id)).toBe(false);
  });

  it('refuse too many topics, topics that are none, and clients they do not belong to', async () => {
    await start({ channels: { topics: 2 } });
    const token = await fetchToken(simulator);
    const { id } = await createChannel(token);
    const subscriptions = `${path}/${id}/subscriptions`;
    const topics = ['a', 'b', 'c'].map((name) => ({ id: name }));
    expect((await send(token, 'POST', subscriptions, topics)).status).toBe(400);
    expect((await send(token, 'POST', subscriptions, ['a'])).status).toBe(400);
    expect((await send(token, 'POST', subscriptions, topics.slice(1))).status).toBe(200);
    const stranger = await fetchToken(simulator, 'stranger');
    expect((await send(stranger, 'GET', subscriptions)).status).toBe(404);
    expect((await send(stranger, 'GET', path)).body).toEqual({ entities: [] });
    expect((await send(token, 'GET', path)).body.entities).toHaveLength(1);
    const rest = new RestClient(simulator, token);
    expect((await rest.call('DELETE', subscriptions)).status).toBe(204);
    expect((await send(token, 'GET', subscriptions)).body).toEqual({ entities: [] });
  });

  it('have one WebSocket: a second one ends the first', async () => {
    await start();
    const { connectUri } = await createChannel(await fetchToken(simulator));
    const first = await Listener.open(connectUri);
    const second = await Listener.open(connectUri);
    expect(await first.closed()).toBe(1001);
    expect(first.heard).toEqual([{ result: '404' }]);
    expect(second.closeCode).toBeUndefined();
    expect(simulator.state().decisions['ws:channel-replaced']).toBe(1);
  });

  it('lose those that nobody listens to first when a client has too many', async () => {
    await start({ channels: { max: 2 } });
    const token = await fetchToken(simulator);
    const listened = await createChannel(token);
    const listener = await Listener.open(listened.connectUri);
    const silent = await createChannel(token);
    await createChannel(token);
    expect(listener.closeCode).toBeUndefined();
    expect(simulator.state().decisions['ws:channel-evict']).toBe(1);
    const caller = new Caller(silent.connectUri);
    await caller.answered;
    expect(caller.story.upgrade).toBe(404);
  });

  it('expire on their WebSocket, and live on for who subscribes', async () => {
    await start({ scale: 1, channels: { lifetimeMs: 2_000 } });
    const token = await fetchToken(simulator);
    const { connectUri } = await createChannel(token);
    const listener = await Listener.open(connectUri);
    expect(await listener.closed()).toBe(1001);
    expect(listener.heard).toEqual([{ result: '404' }]);
    expect(simulator.state().decisions['ws:channel-expired']).toBe(1);
    simulator.set({ channels: { lifetimeMs: 3_600_000 } });
    const { id } = await createChannel(token);
    await send(token, 'PUT', `${path}/${id}/subscriptions`, []);
    expect((await send(token, 'GET', path)).body.entities).toHaveLength(1);
  });

  it('are warned before their socket reaches its maximum lifetime', async () => {
    await start({ maxLifetimeMs: 61_000 });
    const { connectUri } = await createChannel(await fetchToken(simulator));
    const listener = await Listener.open(connectUri);
    expect(await listener.closed()).toBe(1001);
    const topics = listener.heard.map(({ topicName }) => topicName);
    expect(topics).toContain('v2.system.socket_closing');
  });
});

describe('web messaging', () => {
  const guest = () => Listener.open('/v1?deploymentId=d1&application=sim');
  const configure = { action: 'configureSession', deploymentId: 'd1', token: 't', tracingId: 'x' };
  const write = (text: string) => ({
    action: 'onMessage',
    token: 't',
    message: { type: 'Text', text },
    tracingId: 'm',
  });

  it('configures a session, echoes what is written, and has a bot answer', async () => {
    await start();
    const client = await guest();
    const [session] = await client.ask(configure);
    expect(session).toEqual({
      type: 'response',
      class: 'SessionResponse',
      code: 200,
      body: { connected: true, newSession: true, readOnly: false },
      tracingId: 'x',
    });
    const [own, bot] = await client.ask(write('hello'), 2);
    expect(own).toMatchObject({
      type: 'message',
      class: 'StructuredMessage',
      tracingId: 'm',
      body: { type: 'Text', text: 'hello', direction: 'Inbound' },
    });
    expect(bot).toMatchObject({ body: { text: 'You said: hello', direction: 'Outbound' } });
    const again = await guest();
    expect((await again.ask(configure))[0]).toMatchObject({ body: { newSession: false } });
    const anew = await guest();
    const fresh = await anew.ask({ ...configure, startNew: true });
    expect(fresh[0]).toMatchObject({ body: { newSession: true } });
  });

  it('answers the health check, and closes when asked to', async () => {
    await start();
    const client = await guest();
    const tracingId = 'SGVhbHRoQ2hlY2tNZXNzYWdlSWQ=';
    const ping = { action: 'echo', tracingId, message: { type: 'Text', text: 'ping' } };
    expect((await client.ask(ping))[0]).toMatchObject({
      tracingId,
      class: 'StructuredMessage',
      body: { text: 'ping' },
    });
    await client.ask(configure);
    const [closed] = await client.ask({ action: 'closeSession', token: 't' });
    expect(closed).toMatchObject({ class: 'ConnectionClosedEvent' });
    expect(await client.closed()).toBe(1000);
  });

  it('says in its own codes what is wrong', async () => {
    await start();
    const client = await guest();
    const codeOf = async (message: Message | string) => (await client.ask(message))[0]?.code;
    expect(await codeOf(write('too early'))).toBe(4007);
    expect(await codeOf('{oops')).toBe(400);
    expect(await codeOf({ action: 'dance' })).toBe(400);
    expect(await codeOf({ ...configure, deploymentId: 'd2' })).toBe(403);
    expect(await codeOf({ ...configure, token: 7 })).toBe(400);
    expect(await codeOf(configure)).toBe(200);
    expect(await codeOf(write('x'.repeat(4_097)))).toBe(4011);
    expect(await codeOf({ action: 'onMessage', token: 't' })).toBe(400);
  });

  it('answers too many messages in-band, with the session open', async () => {
    await start({ scale: 100, inband: { messagesPerSecond: 2, requestsPerMinute: 4 } });
    const client = await guest();
    await client.ask(configure);
    await client.ask(write('one'), 2);
    await client.ask(write('two'), 2);
    const [third] = await client.ask(write('three'));
    expect(third).toEqual({
      type: 'response',
      class: 'TooManyRequestsErrorMessage',
      code: 429,
      body: {
        retryAfter: expect.any(Number),
        errorCode: 4029,
        errorMessage: 'Message rate too high for this session',
      },
      tracingId: 'm',
    });
    const [fifth] = await client.ask({ action: 'echo', message: { text: 'ping' } });
    expect(fifth).toMatchObject({ code: 429 });
    expect(client.closeCode).toBeUndefined();
    expect(simulator.state().decisions['ws:inband-limit']).toBe(2);
  });
});

describe('AudioHook', () => {
  const id = '7d1f6f9e-0000-4000-8000-000000000001';
  const headers = {
    'audiohook-organization-id': 'o',
    'audiohook-session-id': id,
    'audiohook-correlation-id': 'c',
    'x-api-key': 'k',
  };
  const dial = () => Listener.open('/audiohook', { headers });
  const media = [
    { type: 'audio', format: 'PCMU', channels: ['external'], rate: 8000 },
    { type: 'audio', format: 'PCMU', channels: ['internal'], rate: 8000 },
  ];
  const message = (type: string, seq: number, parameters: Message = {}) => ({
    version: '2',
    id,
    type,
    seq,
    serverseq: Math.max(0, seq - 1),
    position: 'PT0S',
    parameters,
  });

  it('opens with the first media offered, answers pings, and closes', async () => {
    await start();
    const client = await dial();
    const [opened] = await client.ask(message('open', 1, { media }));
    expect(opened).toEqual({
      version: '2',
      id,
      type: 'opened',
      seq: 1,
      clientseq: 1,
      parameters: { startPaused: false, media: media.slice(0, 1) },
    });
    client.say(Buffer.alloc(1_600));
    const [pong] = await client.ask(message('ping', 2));
    expect(pong).toMatchObject({ type: 'pong', seq: 2, clientseq: 2 });
    const [closed] = await client.ask(message('close', 3, { reason: 'end' }));
    expect(closed).toMatchObject({ type: 'closed', seq: 3, clientseq: 3 });
    expect(await client.closed()).toBe(1000);
    expect(simulator.state().messages).toEqual({ received: 4, sent: 3 });
  });

  it('takes no media for a probe', async () => {
    await start();
    const client = await dial();
    const nobody = '00000000-0000-0000-0000-000000000000';
    const probe = { conversationId: nobody, participant: { id: nobody }, media };
    const [opened] = await client.ask(message('open', 1, probe));
    expect(opened).toMatchObject({ parameters: { media: [] } });
  });

  it.each([
    ['a number out of order', () => message('open', 2)],
    ['a number we never sent', () => ({ ...message('open', 1), serverseq: 1 })],
    ['another session', () => ({ ...message('open', 1), id: 'x' })],
    ['another version', () => ({ ...message('open', 1), version: '1' })],
    ['a ping before open', () => message('ping', 1)],
    ['an unknown message', () => message('dance', 1)],
    ['what is no JSON', () => '{oops'],
    ['audio before open', () => Buffer.alloc(160)],
  ])('disconnects for %s', async (_what, make) => {
    await start();
    const client = await dial();
    client.say(make());
    expect(await client.closed()).toBe(1002);
    expect(client.heard).toMatchObject([{ type: 'disconnect', parameters: { reason: 'error' } }]);
  });

  it('tells in ISO 8601 when there are too many messages, and goes on', async () => {
    await start({ scale: 30, inband: { messagesPerSecond: 2, requestsPerMinute: 100 } });
    const client = await dial();
    await client.ask(message('open', 1, { media }));
    await client.ask(message('ping', 2));
    const [error] = await client.ask(message('ping', 3));
    expect(error).toMatchObject({
      type: 'error',
      seq: 3,
      clientseq: 3,
      parameters: { code: 429, retryAfter: expect.stringMatching(/^PT\d+S$/) },
    });
    simulator.set({ inband: null });
    expect((await client.ask(message('ping', 4)))[0]).toMatchObject({ type: 'pong', clientseq: 4 });
  });

  it('wants its headers', async () => {
    await start();
    const { 'audiohook-session-id': _, ...others } = headers;
    const client = new Listener(`${simulator.wsUrl}/audiohook`, { headers: others });
    await client.closed();
    expect(simulator.state().upgrades).toEqual({ 400: 1 });
  });
});

describe('the IVR flow', () => {
  it('answers too many messages in-band, says until when, and does not count it as a mistake', async () => {
    await start({ scale: 0.9, inband: { messagesPerSecond: 1, requestsPerMinute: 60 } });
    const client = await Listener.open('/v1/ivr/a');
    for (let i = 0; i < 5; i++) client.say({ type: 'ping', t: i });
    const refused = () => client.heard.filter(({ type }) => type === 'error');
    await until(() => refused().length >= 3);
    expect(refused()[0]).toEqual({
      type: 'error',
      code: 429,
      retryAfter: 1,
      retryAfterMs: expect.any(Number),
    });
    expect(client.closeCode).toBeUndefined();
  });
});
