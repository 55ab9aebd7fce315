/**
 * 500 callers go through the menu of an IVR: a token, a conversation, a WebSocket, prompts, a digit,
 * a transfer. Every call is hung up and deleted, so the counts are those of the platform.
 *
 *   vurun run examples/ivr-menu.ts --sim healthy
 *   vurun run examples/ivr-menu.ts -e BASE=https://api.example.com -e CLIENT_ID=… -e CLIENT_SECRET=…
 */
import { check, fail, http, type Options, sleep, Trend, WebSocket } from 'vurun';
import { b64encode } from 'vurun/encoding';

const { BASE, CLIENT_ID = 'client', CLIENT_SECRET = 'secret' } = __ENV;
if (!BASE) fail('BASE is not set: add --sim healthy, or -e BASE=URL of your platform');
const calls = `${BASE}/api/v2/conversations/calls`;

const firstPrompt = new Trend('time_to_first_prompt', true);
const transfer = new Trend('digits_to_transfer', true);

export const options: Options = {
  scenarios: {
    callers: {
      executor: 'ramping-vus',
      startVUs: 0,
      stages: [
        { duration: '20s', target: 500 },
        { duration: '10s', target: 500 },
        { duration: '5s', target: 0 },
      ],
      // A call that has begun is ended by its caller, not by the end of the ramp.
      gracefulRampDown: '30s',
    },
  },
  thresholds: {
    checks: ['rate>0.99'],
    http_req_failed: ['rate<0.01'],
    time_to_first_prompt: ['p(95)<2000'],
    digits_to_transfer: ['p(95)<1000'],
  },
};

interface Message {
  type: 'prompt' | 'gather' | 'processing' | 'transfer' | 'noInput' | 'disconnect';
}

/** Runs once. Callers who each fetch a token of their own would test the login, not the menu. */
export async function setup(): Promise<{ headers: { Authorization: string } }> {
  const res = await http.post(
    `${BASE}/oauth/token`,
    { grant_type: 'client_credentials' },
    { headers: { Authorization: `Basic ${b64encode(`${CLIENT_ID}:${CLIENT_SECRET}`)}` } },
  );
  if (res.status !== 200) fail(`no token from ${BASE}: status ${res.status} ${res.error}`);
  return { headers: { Authorization: `Bearer ${res.json<string>('access_token')}` } };
}

export default async function ({ headers }: Awaited<ReturnType<typeof setup>>): Promise<void> {
  const created = await http.post(calls, null, { headers });
  if (!check(created, { 'the conversation is created': (r) => r.status === 202 })) {
    await sleep(1);
    return;
  }
  const { id, connectUri } = created.json<{ id: string; connectUri: string }>();

  const dialledAt = performance.now();
  const ws = new WebSocket(BASE.replace(/^http/, 'ws') + connectUri, { headers, name: 'ivr' });
  const next = (type: Message['type']) =>
    ws.nextJson<Message>((message) => message.type === type, { timeout: '15s' });
  let isTransferred = false;
  try {
    await ws.opened;
    await next('prompt');
    firstPrompt.add(performance.now() - dialledAt);

    await next('gather');
    await sleep(1 + 2 * Math.random());
    const pressedAt = performance.now();
    ws.sendJson({ type: 'digits', digits: '1' });
    await next('transfer');
    transfer.add(performance.now() - pressedAt);
    isTransferred = true;
    await sleep(1 + Math.random());
  } catch (error) {
    console.warn(`a call was lost: ${error}`);
  }
  ws.close(1000);
  const end = await ws.closed;
  check(end, {
    'the caller is transferred': isTransferred,
    'the call ends with code 1000': ({ code }) => code === 1000,
  });

  const deleted = await http.del(`${calls}/${id}`, null, { headers, name: `${calls}/{id}` });
  check(deleted, { 'the conversation is deleted': (r) => r.status === 204 });
  await sleep(1 + Math.random());
}
