/** The client of each preset, raw: ws and undici, nothing of vurun. */
import { Agent, request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { request } from 'undici';
import { WebSocket } from 'ws';
import type { LedgerEntry, SimulatorState } from '../../src/simulator/simulator.ts';
import { Caller, fetchToken, hangUpAll, RestClient, tally } from './seed-clients.ts';

/** A simulator with its preset, and how time passes there. */
export interface World {
  url: string;
  wsUrl: string;
  scale: number;
  /** Whether arrivals keep the schedule of the plan; otherwise they come one after the other. */
  isPaced: boolean;
  state(): Promise<SimulatorState>;
  ledger(): Promise<LedgerEntry[]>;
  set(knobs: unknown): Promise<unknown>;
}

type Seen = Record<string, unknown>;

export interface Plan {
  /** Of a run that keeps no schedule; 0.1 if absent. */
  scale?: number;
  /** Another test does it without a schedule. */
  onlyPaced?: boolean;
  expected: Seen;
  /** Of a run that keeps no schedule, where it is another one. */
  expectedAtOnce?: Seen;
  run(world: World): Promise<Seen>;
}

/** A minute is enough for all calls of a plan on a machine that is busy with other things. */
const wholeWindow = 1;

const calls = '/api/v2/conversations/calls';
const channels = '/api/v2/notifications/channels';

/** Starts so many users over simulated milliseconds and waits until each has arrived. */
async function spread(
  world: World,
  count: number,
  overMs: number,
  arrive: (index: number) => Promise<unknown>,
  atOnce = 10,
): Promise<void> {
  const underway = new Set<Promise<unknown>>();
  const startedAt = performance.now();
  for (let i = 0; i < count; i++) {
    if (world.isPaced) {
      const wait = startedAt + (i * overMs * world.scale) / count - performance.now();
      if (wait > 0) await sleep(wait);
    } else if (underway.size >= atOnce) await Promise.race(underway);
    const arrival = arrive(i).finally(() => underway.delete(arrival));
    underway.add(arrival);
  }
  await Promise.all(underway);
}

const pass = (world: World, ms: number): Promise<void> => sleep(ms * world.scale);

async function until(isTrue: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await isTrue())) await sleep(10);
}

async function callIn(
  world: World,
  count: number,
  overMs: number,
  options: { thinkMs?: (index: number) => number; atOnce?: number; pingMs?: number } = {},
): Promise<Caller[]> {
  const callers: Caller[] = [];
  const arrive = (i: number): Promise<void> => {
    const thinkMs = (options.thinkMs?.(i) ?? 0) * world.scale;
    const caller = new Caller(`${world.wsUrl}/v1/ivr/caller-${i}`, { thinkMs });
    callers.push(caller);
    const { webSocket } = caller;
    if (options.pingMs !== undefined) {
      const ping = setInterval(() => webSocket.ping(), options.pingMs * world.scale);
      webSocket.on('close', () => clearInterval(ping));
    }
    return caller.answered;
  };
  await spread(world, count, overMs, arrive, options.atOnce);
  return callers;
}

const upgradesOf = (callers: readonly Caller[]) => tally(callers.map((c) => c.story.upgrade));
const closesOf = (callers: readonly Caller[]) =>
  tally(callers.filter((c) => c.story.upgrade === 101).map((c) => c.story.closeCode ?? 'open'));

/** One REST call per user with one token for all. */
async function callOnce(
  world: World,
  count: number,
  overMs: number,
  path = calls,
): Promise<Awaited<ReturnType<RestClient['call']>>[]> {
  const rest = new RestClient(world, await fetchToken(world));
  const answers: Awaited<ReturnType<RestClient['call']>>[] = [];
  await spread(world, count, overMs, async () => {
    answers.push(await rest.call('POST', path));
  });
  return answers;
}

const statusesOf = (answers: readonly { status: number }[]) => tally(answers.map((a) => a.status));

async function decisions(world: World, name: string): Promise<number> {
  return (await world.state()).decisions[name] ?? 0;
}

/** Creates a conversation and reads it, each refused call again as the policy says. */
async function logIn(
  world: World,
  rest: RestClient,
  waitMs: (headers: Record<string, unknown>, attempt: number) => number | undefined,
): Promise<Caller | undefined> {
  const patient = async (method: 'GET' | 'POST', path: string) => {
    for (let attempt = 1; ; attempt++) {
      const answer = await rest.call(method, path);
      if (answer.status !== 429) return answer;
      const ms = waitMs(answer.headers, attempt);
      if (ms === undefined) return undefined;
      await sleep(ms);
    }
  };
  const created = await patient('POST', calls);
  const read = created && (await patient('GET', String(created.body.selfUri)));
  if (!created || !read) return undefined;
  const caller = new Caller(`${world.wsUrl}${String(created.body.connectUri)}`);
  await caller.answered;
  return caller;
}

async function shift(
  world: World,
  rampMs: number,
  policy: Parameters<typeof logIn>[2],
): Promise<{ rest: RestClient; lost: number; callers: Caller[] }> {
  const rest = new RestClient(world, await fetchToken(world));
  const callers: Caller[] = [];
  let lost = 0;
  await spread(
    world,
    200,
    rampMs,
    async () => {
      const caller = await logIn(world, rest, policy);
      if (caller) callers.push(caller);
      else lost++;
    },
    // Those who wait must not keep the others from arriving.
    200,
  );
  return { rest, lost, callers };
}

async function bots(world: World, rampMs: number, isSplit: boolean): Promise<Seen> {
  const rest = new RestClient(world, await fetchToken(world));
  const callers: Caller[] = [];
  const arrive = async (): Promise<void> => {
    const created = await rest.createCall();
    if (created.status !== 202) return;
    const url = `${world.wsUrl}${String(created.body.connectUri)}`;
    const caller = new Caller(url, { thinkMs: 5_000 * world.scale });
    callers.push(caller);
    await caller.answered;
  };
  if (world.isPaced || !isSplit) await spread(world, 500, rampMs, arrive);
  else {
    await spread(world, 250, 0, arrive);
    await pass(world, 60_000);
    await spread(world, 250, 0, arrive);
  }
  await Promise.all(callers.map((caller) => caller.settled));
  await hangUpAll(callers);
  const first = (await world.ledger()).find((entry) => entry.decision === 'rest-limit');
  return { ...tally(rest.statuses), closes: closesOf(callers), firstAt: first?.active ?? null };
}

/** Guests of web messaging who write ten texts each, as `write` has it. */
async function guests(
  world: World,
  write: (send: (text: string) => void, heard: () => number) => Promise<void>,
): Promise<Seen> {
  const answers: string[] = [];
  await spread(
    world,
    20,
    2_000,
    async (i) => {
      const webSocket = new WebSocket(`${world.wsUrl}/v1?deploymentId=d`);
      const say = (message: object) => webSocket.send(JSON.stringify(message));
      const token = `guest-${i}`;
      let heard = 0;
      let configured = () => {};
      const isConfigured = new Promise<void>((resolve) => {
        configured = resolve;
      });
      webSocket.on('message', (data) => {
        const {
          class: name,
          code,
          body,
        } = JSON.parse(String(data)) as {
          class: string;
          code: number;
          body: { errorCode?: number; direction?: string };
        };
        if (name === 'SessionResponse') configured();
        else if (body.direction === 'Inbound' || code !== 200) {
          heard++;
          answers.push(code === 200 ? 'taken' : `${code}/${body.errorCode ?? ''}`);
        }
      });
      await new Promise((resolve) => webSocket.once('open', resolve));
      say({ action: 'configureSession', deploymentId: 'd', token });
      await isConfigured;
      const send = (text: string) =>
        say({ action: 'onMessage', token, message: { type: 'Text', text } });
      await write(send, () => heard);
      await until(() => heard === 10);
      webSocket.terminate();
    },
    20,
  );
  return tally(answers);
}

async function channelUsers(world: World, clientOf: (index: number) => string): Promise<Seen> {
  const codes: (number | string)[] = [];
  let told = 0;
  const sockets: WebSocket[] = [];
  // One after the other: of two channels that nobody listens to yet, the older one would go first.
  let before: Promise<unknown> = Promise.resolve();
  await spread(
    world,
    25,
    5_000,
    async (i) => {
      const own = before.then(() => join(i));
      before = own;
      await own;
    },
    1,
  );
  async function join(i: number): Promise<void> {
    const rest = new RestClient(world, await fetchToken(world, clientOf(i)));
    const { body } = await rest.call('POST', channels);
    const webSocket = new WebSocket(String(body.connectUri));
    sockets.push(webSocket);
    const at = codes.push('open') - 1;
    webSocket.on('message', (data) => {
      if (String(data) === '{"result":"404"}') told++;
    });
    webSocket.on('close', (code) => {
      codes[at] = code;
    });
    webSocket.on('error', () => {});
    // A channel that was taken away before it was used is refused; that, too, is a close here.
    await new Promise((resolve) => webSocket.once('open', resolve).once('close', resolve));
  }
  const { decisions: made } = await world.state();
  await until(
    () => codes.filter((code) => code !== 'open').length >= (made['ws:channel-evict'] ?? 0),
  );
  const seen = { ...tally(codes), told };
  for (const webSocket of sockets) webSocket.terminate();
  return seen;
}

/** A GET of the limits on the agent's connection: its status, or `reset`. */
function ask(world: World, agent: Agent, token: string): Promise<number | 'reset'> {
  return new Promise((resolve) => {
    const url = `${world.url}/api/v2/organizations/limits/namespaces/oauth`;
    const asked = httpRequest(url, { agent, headers: { authorization: `Bearer ${token}` } });
    asked.on('response', (response) => {
      response.resume().on('end', () => resolve(response.statusCode ?? 0));
    });
    asked.on('error', () => resolve('reset'));
    asked.end();
  });
}

async function keptConnections(world: World): Promise<Seen> {
  const token = await fetchToken(world);
  const answers: (number | string)[] = [];
  await spread(
    world,
    20,
    2_000,
    async () => {
      const agent = new Agent({ keepAlive: true, maxSockets: 1 });
      for (let i = 0; i < 5; i++) {
        if (i > 0) await pass(world, 6_000);
        // Where the server closes by itself, this client looks before it speaks.
        const { keepAlive } = (await world.state()).knobs;
        if (!keepAlive.race) await until(() => Object.keys(agent.freeSockets).length === 0);
        const answer = await ask(world, agent, token);
        answers.push(answer);
        if (answer === 'reset') answers.push(`again ${await ask(world, agent, token)}`);
      }
      agent.destroy();
    },
    20,
  );
  return tally(answers);
}

async function tokenUsers(world: World, isRenewed: boolean): Promise<Seen> {
  let shared = await fetchToken(world);
  const statuses: number[] = [];
  const start = performance.now();
  const renewal = isRenewed
    ? pass(world, 20_000).then(async () => {
        shared = await fetchToken(world);
      })
    : Promise.resolve();
  const use = async (i: number): Promise<void> => {
    let own: string | undefined;
    for (let turn = 0; turn < 10; turn++) {
      const at = start + (turn * 4_000 + i * 40) * world.scale;
      await sleep(Math.max(0, at - performance.now()));
      const rest = new RestClient(world, own ?? shared);
      const { status } = await rest.call('GET', '/api/v2/organizations/limits/namespaces/oauth');
      statuses.push(status);
      if (status === 401) own = await fetchToken(world);
    }
  };
  await Promise.all([renewal, ...Array.from({ length: 100 }, (_, i) => use(i))]);
  return tally(statuses);
}

/** Sends a body a KB a simulated second; answers the status. */
function sendSlowly(world: World, token: string): Promise<number> {
  const { hostname, port } = new URL(world.url);
  return new Promise((resolve) => {
    const socket = connect(Number(port), hostname);
    socket.write(
      `POST ${calls} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${token}\r\nContent-Length: 32768\r\n\r\n`,
    );
    const drip = setInterval(() => socket.write(' '.repeat(1_024)), 1_000 * world.scale);
    socket.on('error', () => {});
    socket.on('close', () => clearInterval(drip));
    socket.once('data', (chunk) => {
      resolve(Number(/^HTTP\/1\.1 (\d+)/.exec(String(chunk))?.[1]));
      socket.destroy();
    });
  });
}

const dropped = (count: number, code: number, others: number): Plan => ({
  expected: { [code]: count, open: others },
  run: async (world) => {
    const callers = await callIn(world, count + others, 10_000);
    await until(() => callers.filter((c) => c.story.closeCode !== undefined).length === count);
    const seen = closesOf(callers);
    await hangUpAll(callers);
    return seen;
  },
});

export const plans: Readonly<Record<string, Plan>> = {
  healthy: {
    expected: { upgrades: { 101: 200 }, closes: { 1000: 200 } },
    run: async (world) => {
      const callers = await callIn(world, 200, 30_000);
      await Promise.all(callers.map((caller) => caller.settled));
      await hangUpAll(callers);
      return { upgrades: upgradesOf(callers), closes: closesOf(callers) };
    },
  },
  'seed-000': {
    onlyPaced: true,
    expected: { upgrades: { 101: 71, 502: 129 }, closes: { 1000: 64, 1006: 7 }, firstAt: 64 },
    run: async (world) => {
      const callers = await callIn(world, 200, 30_000);
      await pass(world, 60_000);
      await hangUpAll(callers);
      const first = (await world.ledger()).find(({ decision }) => decision === 'saturation');
      return {
        upgrades: upgradesOf(callers),
        closes: closesOf(callers),
        firstAt: first?.active,
      };
    },
  },
  'seed-001': {
    onlyPaced: true,
    expected: { upgrades: { 101: 200, 408: 300 }, closes: { 1000: 200 } },
    run: async (world) => {
      const callers = await callIn(world, 500, 10_000);
      await pass(world, 60_000);
      await hangUpAll(callers);
      return { upgrades: upgradesOf(callers), closes: closesOf(callers) };
    },
  },
  'seed-002': {
    onlyPaced: true,
    expected: { lost: 50, 200: 150, 202: 150, 429: 200, firstAt: 150 },
    run: async (world) => {
      const { rest, lost, callers } = await shift(world, 30_000, (_headers, attempt) =>
        attempt > 3 ? undefined : 500 * world.scale,
      );
      const first = (await world.ledger()).find(({ decision }) => decision === 'rest-limit');
      await hangUpAll(callers);
      return { lost, ...tally(rest.statuses), firstAt: first?.active };
    },
  },
  'seed-002-good': {
    expected: { lost: 0, users: 200 },
    run: async (world) => {
      const { lost, callers } = await shift(world, 90_000, (headers) => {
        const exact = headers['retry-after-ms'] ?? Number(headers['retry-after']) * 1_000;
        return Number(exact) * (1 + Math.random() * 0.2);
      });
      await hangUpAll(callers);
      return { lost, users: callers.length };
    },
  },
  'seed-003': {
    onlyPaced: true,
    expected: { closes: { 1000: 500, 1006: 100 }, evictedAt: { 500: 100 } },
    run: async (world) => {
      const callers = await callIn(world, 600, 60_000);
      await pass(world, 30_000);
      await hangUpAll(callers);
      const evictions = (await world.ledger()).filter(({ decision }) => decision === 'evict');
      return { closes: closesOf(callers), evictedAt: tally(evictions.map((e) => e.active)) };
    },
  },
  'seed-004': {
    onlyPaced: true,
    expected: { 202: 300, 429: 200, closes: { 1000: 280, 1006: 20 }, firstAt: 300 },
    run: (world) => bots(world, 60_000, false),
  },
  'seed-004-cap': {
    expected: { upgrades: { 101: 300, 503: 200 }, closes: { 1000: 300 } },
    run: async (world) => {
      const callers = await callIn(world, 500, 60_000);
      await hangUpAll(callers);
      return { upgrades: upgradesOf(callers), closes: closesOf(callers) };
    },
  },
  'seed-004-slow': {
    expected: { 202: 500, closes: { 1000: 500 }, firstAt: null },
    run: (world) => bots(world, 120_000, true),
  },

  'token-storm': {
    scale: wholeWindow,
    expected: { 200: 60, 429: 140 },
    run: async (world) => {
      await spread(world, 200, 30_000, () => fetchToken(world));
      const { requests } = await world.state();
      return Object.fromEntries(requests.map(({ status, count }) => [status, count]));
    },
  },
  'token-storm-good': {
    scale: wholeWindow,
    expected: { 202: 200, tokens: 1 },
    run: async (world) => {
      const answers = await callOnce(world, 200, 30_000);
      return { ...statusesOf(answers), tokens: await decisions(world, 'token:accept') };
    },
  },
  'sliding-limit': {
    scale: wholeWindow,
    expected: { 202: 300, 429: 200 },
    run: async (world) => statusesOf(await callOnce(world, 500, 30_000)),
  },
  quota: {
    expected: { 202: 200, 429: 100, long: 100 },
    run: async (world) => {
      const answers = await callOnce(world, 300, 60_000);
      const wait = String(Math.ceil(3_600 * world.scale));
      const long = answers.filter(({ headers }) => headers['retry-after'] === wait).length;
      return { ...statusesOf(answers), long };
    },
  },
  'other-bucket': {
    scale: wholeWindow,
    expected: { 202: 60, 429: 40, withRoom: 40 },
    run: async (world) => {
      const answers = await callOnce(world, 100, 30_000);
      const withRoom = answers.filter(
        ({ status, headers }) =>
          status === 429 &&
          Number(headers['inin-ratelimit-count']) < Number(headers['inin-ratelimit-allowed']),
      ).length;
      return { ...statusesOf(answers), withRoom };
    },
  },
  'shared-limit': {
    scale: wholeWindow,
    expected: { 202: 90, 429: 30, least: 122 },
    run: async (world) => {
      const answers = await callOnce(world, 120, 30_000);
      const counts = answers.map(({ headers }) => Number(headers['inin-ratelimit-count']));
      return { ...statusesOf(answers), least: Math.min(...counts) };
    },
  },
  maintenance: {
    expected: { 202: 50, 503: 50, told: 50 },
    run: async (world) => {
      const answers = await callOnce(world, 100, 30_000);
      const told = answers.filter(({ headers }) => headers['retry-after'] !== undefined).length;
      return { ...statusesOf(answers), told };
    },
  },
  'quiet-limit': {
    scale: wholeWindow,
    expected: { 101: 600, 503: 200, withHeaders: 0 },
    expectedAtOnce: { 101: 300, 503: 100, withHeaders: 0 },
    run: async (world) => {
      const callers = await callIn(world, world.isPaced ? 800 : 400, 120_000);
      await hangUpAll(callers);
      const withHeaders = callers.filter(
        ({ story: { headers } }) =>
          headers['retry-after'] !== undefined || headers['inin-ratelimit-count'] !== undefined,
      ).length;
      return { ...upgradesOf(callers), withHeaders };
    },
  },
  inband: {
    // A second of the platform has to be longer than anything that may hold us up.
    scale: 3,
    expected: { taken: 100, '429/4029': 100 },
    run: (world) =>
      guests(world, async (send) => {
        for (let i = 0; i < 10; i++) send(`text ${i}`);
      }),
  },
  'inband-good': {
    expected: { taken: 200 },
    run: (world) =>
      guests(world, async (send, heard) => {
        for (let i = 0; i < 10; i++) {
          send(`text ${i}`);
          if (world.isPaced) await pass(world, 300);
          else if (i === 4) {
            await until(() => heard() === 5);
            await pass(world, 1_000);
          }
        }
      }),
  },

  saturation: {
    expected: { 101: 157, 503: 43 },
    run: async (world) => {
      const callers = await callIn(world, 200, 40_000, { atOnce: 50 });
      await hangUpAll(callers);
      return upgradesOf(callers);
    },
  },
  'slow-growth': {
    expected: { 101: 200 },
    run: async (world) => {
      const callers = await callIn(world, 200, 40_000, { atOnce: 50 });
      await hangUpAll(callers);
      return upgradesOf(callers);
    },
  },
  'slow-action': {
    expected: { 101: 200, processing: 200, transfers: 200 },
    run: async (world) => {
      const callers = await callIn(world, 200, 40_000);
      await Promise.all(callers.map((caller) => caller.settled));
      await hangUpAll(callers);
      const types = tally(callers.flatMap((c) => c.story.messages.map((m) => String(m.type))));
      return {
        ...upgradesOf(callers),
        processing: types.processing,
        transfers: types.transfer,
      };
    },
  },

  'idle-10': {
    scale: 0.3,
    expected: { closes: { 1001: 100 }, idle: 100 },
    run: async (world) => {
      const most = world.isPaced ? 9_000 : 3_000;
      const thinkMs = (i: number): number => 500 + (i * most) / 100;
      const callers = await callIn(world, 100, 10_000, { thinkMs });
      await Promise.all(callers.map((caller) => caller.closed));
      return { closes: closesOf(callers), idle: await decisions(world, 'ws:idle') };
    },
  },
  'idle-10-ping': {
    scale: 0.3,
    expected: { open: 100 },
    run: async (world) => {
      const pingMs = world.isPaced ? 4_000 : 1_000;
      const callers = await callIn(world, 100, 10_000, { pingMs });
      await pass(world, world.isPaced ? 30_000 : 15_000);
      const seen = closesOf(callers);
      await hangUpAll(callers);
      return seen;
    },
  },
  lifetime: {
    expected: { closes: { 1001: 100 }, lifetime: 100 },
    run: async (world) => {
      const callers = await callIn(world, 100, 20_000);
      const pings = callers.map((caller, i) =>
        setInterval(() => caller.send({ type: 'ping', t: i }), (1_000 + i * 80) * world.scale),
      );
      await Promise.all(callers.map((caller) => caller.closed));
      for (const ping of pings) clearInterval(ping);
      return { closes: closesOf(callers), lifetime: await decisions(world, 'ws:lifetime') };
    },
  },
  'half-open': {
    expected: { pongs: 80, silent: 10, open: 90 },
    run: async (world) => {
      const callers = await callIn(world, 90, 10_000);
      await until(async () => (await decisions(world, 'ws:drop')) === 10);
      const ponged = new Set<Caller>();
      for (const caller of callers) {
        caller.webSocket.on('pong', () => ponged.add(caller));
        caller.webSocket.ping();
      }
      await until(() => ponged.size >= 80);
      await pass(world, 2_000);
      const seen = {
        pongs: ponged.size,
        silent: callers.length - ponged.size,
        open: closesOf(callers).open,
      };
      for (const { webSocket } of callers) webSocket.terminate();
      return seen;
    },
  },
  'half-open-fin': dropped(10, 1006, 80),
  restart: {
    expected: { 1012: 50, open: 50 },
    run: async (world) => {
      // Who keeps no schedule has the restart once all have come.
      if (!world.isPaced) await world.set({ massDisconnect: { atMs: 3_600_000 } });
      const callers = await callIn(world, 100, 10_000);
      if (!world.isPaced) await world.set({ massDisconnect: { atMs: 1_000 } });
      await until(() => callers.filter((c) => c.story.closeCode !== undefined).length === 50);
      const seen = closesOf(callers);
      await hangUpAll(callers);
      return seen;
    },
  },
  'rolling-restart': dropped(50, 1012, 50),
  'keep-alive-race': {
    expected: { 200: 20, reset: 80, 'again 200': 80 },
    run: keptConnections,
  },
  'keep-alive-hint': { expected: { 200: 100 }, run: keptConnections },
  'syn-queue': {
    expected: { answered: 100, delayed: true },
    run: async (world) => {
      // How long SYNs wait is the kernel's affair: one second is its first retransmission.
      let delayed = 0;
      let answered = 0;
      const token = await fetchToken(world);
      const { hostname, port } = new URL(world.url);
      const overMs = world.isPaced ? 20_000 : 0;
      if (!world.isPaced) {
        await world.set({ accept: { atMs: 0, pauseMs: 30_000 } });
        await sleep(200);
      }
      await spread(
        world,
        100,
        overMs,
        async () => {
          const began = performance.now();
          const socket = connect(Number(port), hostname);
          await new Promise((resolve, reject) => {
            socket.once('connect', resolve).once('error', reject);
          });
          if (performance.now() - began > 900) delayed++;
          socket.write(
            `POST ${calls} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${token}\r\nContent-Length: 0\r\n\r\n`,
          );
          const chunk: unknown = await new Promise((resolve) => socket.once('data', resolve));
          if (String(chunk).startsWith('HTTP/1.1 202')) answered++;
          socket.destroy();
        },
        100,
      );
      return { answered, delayed: delayed > 0 };
    },
  },
  'slow-answer': {
    expected: { 202: 100 },
    run: async (world) => {
      const token = await fetchToken(world);
      const statuses: number[] = [];
      await spread(
        world,
        100,
        20_000,
        async () => {
          const answer = await request(`${world.url}${calls}`, {
            method: 'POST',
            headers: { authorization: `Bearer ${token}` },
            reset: true,
          });
          await answer.body.dump();
          statuses.push(answer.statusCode);
        },
        100,
      );
      return tally(statuses);
    },
  },
  'slow-body': {
    expected: { 408: 20, late: 20 },
    run: async (world) => {
      const token = await fetchToken(world);
      const statuses: number[] = [];
      const arrive = async (): Promise<void> => {
        statuses.push(await sendSlowly(world, token));
      };
      await spread(world, 20, 5_000, arrive, 20);
      return { ...tally(statuses), late: await decisions(world, 'rest:request-timeout') };
    },
  },
  'slow-server': {
    expected: { 408: 20, late: 0 },
    run: async (world) => ({
      ...statusesOf(await callOnce(world, 20, 5_000)),
      late: await decisions(world, 'rest:request-timeout'),
    }),
  },

  'auth-failing': {
    expected: { 401: 50 },
    run: async (world) => statusesOf(await callOnce(world, 50, 10_000)),
  },
  'token-expiry': {
    scale: 0.2,
    expected: { 200: 900, 401: 100 },
    run: (world) => tokenUsers(world, false),
  },
  'token-expiry-good': {
    scale: 0.2,
    expected: { 200: 1_000 },
    run: (world) => tokenUsers(world, true),
  },
  'wrong-endpoint': {
    expected: { 404: 50 },
    run: async (world) => statusesOf(await callOnce(world, 50, 10_000, '/v2/architect/flows')),
  },
  'wrong-endpoint-alias': {
    expected: { 202: 50 },
    run: async (world) => statusesOf(await callOnce(world, 50, 10_000, '/v2/architect/flows')),
  },
  'channel-21': {
    expected: { open: 20, 1001: 5, told: 5 },
    run: (world) => channelUsers(world, () => 'client'),
  },
  'channel-own': {
    expected: { open: 25, told: 0 },
    run: (world) => channelUsers(world, (i) => `client-${i}`),
  },
};
