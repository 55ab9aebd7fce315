/**
 * The users of the validation runs: one script for all presets, told by `__ENV.PLAN` what its users do.
 * It runs in vurun, not in the test runner. Times of a plan are seconds of the platform.
 */
import { fail, http, type Options, sleep, WebSocket } from 'vurun';
import oauth from 'vurun/oauth';
import { connect } from 'vurun/ws';
import type { Plan } from './plan.ts';

const { BASE = '', BASE_WS = '', PLAN = '{}', VIA = '' } = __ENV;
const { users, scale, shape, ramp, hold, user, maxVUs, timeUnit } = JSON.parse(PLAN) as Plan;

/** A duration in real time; those of executors are a second at least. */
const wall = (seconds: number): string =>
  `${Math.max(1_000, Math.round(seconds * scale * 1_000))}ms`;

const wallMs = (seconds: number): number => seconds * scale * 1_000;

const shared = user.shared
  ? oauth.shared({ tokenUrl: `${BASE}/oauth/token`, clientId: 'client', clientSecret: 'secret' })
  : undefined;

/** A body is made once; many users who each make a large one would be slow themselves. */
const body = user.body === undefined ? null : 'x'.repeat(user.body);

/** So long after the last start a user may still be there, before the run cuts it off. */
const rest = wall(hold + 60);

const scenario =
  shape === 'arrivals'
    ? {
        executor: 'constant-arrival-rate' as const,
        rate: users,
        timeUnit: wall(timeUnit ?? ramp),
        duration: wall(ramp),
        preAllocatedVUs: maxVUs ?? users,
        gracefulStop: rest,
      }
    : {
        executor: 'ramping-vus' as const,
        startVUs: 0,
        stages: [
          { duration: wall(ramp), target: users },
          { duration: wall(hold), target: users },
        ],
        gracefulStop: rest,
        gracefulRampDown: rest,
      };

export const options: Options = { scenarios: { users: scenario } };

interface Shared {
  token: string;
  startedAt: number;
}

async function fetchToken(client: string): Promise<string> {
  const answer = await http.post(
    `${BASE}/oauth/token`,
    { grant_type: 'client_credentials' },
    { headers: { Authorization: `Basic ${btoa(`${client}:secret`)}` } },
  );
  return answer.status === 200 ? answer.json<string>('access_token') : '';
}

export async function setup(): Promise<Shared> {
  console.log(`simulator ${BASE}`);
  if (user.ownToken || user.shared) return { token: '', startedAt: Date.now() };
  const token = await fetchToken('client');
  if (token === '') fail('no token');
  return { token, startedAt: Date.now() };
}

/** Waits until so many seconds of the platform have passed since the start. */
async function until(startedAt: number, second: number): Promise<void> {
  const ms = startedAt + second * scale * 1_000 - Date.now();
  if (ms > 0) await sleep(ms / 1_000);
}

const pass = (seconds: number): Promise<void> => sleep(seconds * scale);

/** Waits as an answer asks for, in real milliseconds. */
function askedMs(headers: Record<string, string>): number {
  const exact = headers['Retry-After-Ms'];
  return exact === undefined ? Number(headers['Retry-After'] ?? 1) * 1_000 : Number(exact);
}

interface Asked {
  status: number;
  id: string;
  connectUri: string;
}

async function ask(mine: { token: string }, method: string, path: string): Promise<Asked> {
  const { retry, named, timeout } = user;
  for (let attempt = 1; ; attempt++) {
    const url = VIA === '' || body === null ? `${BASE}${path}` : `${VIA}${path}`;
    const answer = await http.request(method, url, body, {
      headers: {
        ...(shared === undefined && { Authorization: `Bearer ${mine.token}` }),
        ...(VIA !== '' && { 'X-To': BASE }),
        ...(user.freshConnections && { Connection: 'close' }),
      },
      ...(shared !== undefined && { auth: shared }),
      ...(named !== undefined && { name: named }),
      ...(timeout !== undefined && { timeout: timeout * scale * 1_000 }),
    });
    const told =
      answer.status === 202 ? answer.json<{ id: string; connectUri: string }>() : undefined;
    const result = {
      status: answer.status,
      id: told?.id ?? '',
      connectUri: told?.connectUri ?? '',
    };
    const wanted = answer.status === 429 || answer.status === 503;
    if (!wanted || retry === undefined || attempt > retry.most) return result;
    if (retry.wait === 'asked') {
      await sleep((askedMs(answer.headers) * (1.05 + Math.random() * 0.4)) / 1_000);
    } else await pass(retry.wait);
  }
}

export default async function (shared: Shared): Promise<void> {
  // A user of a ramp has one go; otherwise the refused would come again at once.
  if (shape === 'ramp' && __ITER > 0) {
    await until(shared.startedAt, ramp + hold + 10);
    return;
  }
  try {
    await one(shared);
  } catch {
    // What went wrong is in the records of the attempts.
  }
}

async function one({ token, startedAt }: Shared): Promise<void> {
  const mine = {
    token: user.ownToken
      ? await fetchToken(user.ownToken === 'each' ? `client-${__VU}` : user.ownToken)
      : token,
  };
  if (mine.token === '' && shared === undefined) return;
  if (user.spinMs !== undefined) return await spin(mine, startedAt);
  let connectUri = `/v1/ivr/caller-${__VU}-${__ITER}`;
  for (let n = 0; n < (user.calls ?? 0); n++) {
    if (n > 0) await pass(user.every ?? 0);
    const answer = await ask(
      mine,
      user.method ?? 'POST',
      user.path ?? '/api/v2/conversations/calls',
    );
    if (answer.status === 401 && user.refresh) mine.token = await fetchToken('client');
    if (user.readBack && answer.id !== '') {
      await ask(mine, 'GET', `/api/v2/conversations/calls/${answer.id}`);
    }
    if (answer.connectUri !== '') connectUri = answer.connectUri;
    else if (user.place === 'ivr') return;
  }
  if (user.place === 'ivr') await call(connectUri, startedAt);
  if (user.place === 'guest') await guest();
  if (user.place === 'channel') await channel(mine, startedAt);
}

/** Computes so that no other user of the shard gets a turn, between requests. */
async function spin(mine: { token: string }, startedAt: number): Promise<void> {
  while (Date.now() < startedAt + (ramp + hold) * scale * 1_000) {
    await ask(mine, 'GET', '/api/v2/organizations/limits/namespaces/oauth');
    const until = Date.now() + (user.spinMs ?? 0);
    while (Date.now() < until);
  }
}

/** Pings as long as it is there, and is cut off when a pong does not come. */
async function pinging(path: string, startedAt: number, every: number): Promise<void> {
  const session = await connect(`${BASE_WS}${path}`, {
    name: 'ivr',
    ping: { every: wallMs(every) },
  });
  const said = (type: string) => session.next((message) => message.type === type);
  await said('gather');
  session.sendJson({ type: 'digits', seq: 1, digits: '1' });
  await said('transfer');
  await Promise.race([session.closed, until(startedAt, ramp + hold)]);
  if (session.isOpen) await session.close(1000);
}

async function call(path: string, startedAt: number): Promise<void> {
  if (user.ping !== undefined) return await pinging(path, startedAt, user.ping);
  const ws = new WebSocket(`${BASE_WS}${path}`, {
    ...(user.named === undefined ? {} : { name: 'ivr' }),
    ...(user.timeout === undefined ? {} : { timeout: user.timeout * scale * 1_000 }),
  });
  const end = ramp + hold;
  const share = ((__VU * 7_919) % 1_000) / 1_000;
  try {
    await ws.opened;
    await ws.nextJson<{ type: string }>((message) => message.type === 'gather');
    const [from, to] = user.think ?? [0.5, 2];
    await pass(from + share * (to - from));
    ws.sendJson({ type: 'digits', seq: 1, digits: '1' });
    await ws.nextJson<{ type: string }>((message) => message.type === 'transfer');
    if (user.silent) {
      await ws.closed;
      return;
    }
    const leave = user.stay === undefined ? end : Date.now();
    const over = (): boolean =>
      user.stay === undefined
        ? Date.now() >= startedAt + end * scale * 1_000
        : Date.now() >= leave + user.stay * scale * 1_000;
    const every = user.talk;
    let n = 1;
    while (!over() && ws.readyState === WebSocket.OPEN) {
      const left =
        user.stay === undefined
          ? startedAt + end * scale * 1_000 - Date.now()
          : leave + user.stay * scale * 1_000 - Date.now();
      const step = every === undefined ? 1 : every * (0.2 + 1.8 * share);
      await Promise.race([ws.closed, sleep(Math.min(left / 1_000 + 0.001, step * scale))]);
      if (ws.readyState !== WebSocket.OPEN || over()) break;
      if (user.talk !== undefined) ws.sendJson({ type: 'ping', t: n++ });
    }
  } finally {
    if (ws.readyState === WebSocket.OPEN) ws.close(1000);
    await ws.closed;
  }
}

/** A guest of web messaging who writes ten texts. */
async function guest(): Promise<void> {
  const ws = new WebSocket(`${BASE_WS}/v1?deploymentId=d`, { name: 'messaging' });
  const token = `guest-${__VU}`;
  await ws.opened;
  ws.sendJson({ action: 'configureSession', deploymentId: 'd', token });
  await ws.nextJson<{ class: string }>((message) => message.class === 'SessionResponse');
  for (let n = 0; n < 10; n++) {
    ws.sendJson({ action: 'onMessage', token, message: { type: 'Text', text: `text ${n}` } });
    if ((user.every ?? 0) > 0) await pass(user.every ?? 0);
  }
  await pass(2);
  ws.close(1000);
  await ws.closed;
}

async function channel(mine: { token: string }, startedAt: number): Promise<void> {
  const answer = await http.post(`${BASE}/api/v2/notifications/channels`, null, {
    headers: { Authorization: `Bearer ${mine.token}` },
  });
  const ws = new WebSocket(answer.json<string>('connectUri'), { name: 'channel' });
  await ws.opened;
  await Promise.race([ws.closed, until(startedAt, ramp + hold)]);
  if (ws.readyState === WebSocket.OPEN) ws.close(1000);
  await ws.closed;
}
