/** What many scripts here need of the platform: its address, a token, a call and the way to its menu. */
import { fail, http, sleep, WebSocket } from 'vurun';
import { b64encode } from 'vurun/encoding';
import type { WebSocketParams } from 'vurun/websocket';

/** Where the platform is, such as `https://api.example.com`. */
export const base: string =
  __ENV.BASE ?? fail('BASE is not set: add --sim healthy, or -e BASE=URL for a platform of yours');

export const calls = `${base}/api/v2/conversations/calls`;

/** The headers that carry a token. */
export function bearer(token: string): { Authorization: string } {
  return { Authorization: `Bearer ${token}` };
}

/** One token for the whole run; call it in setup() and hand it to the VUs. */
export async function fetchToken(): Promise<string> {
  const { CLIENT_ID = 'client', CLIENT_SECRET = 'secret' } = __ENV;
  const res = await http.post(
    `${base}/oauth/token`,
    { grant_type: 'client_credentials' },
    { headers: { Authorization: `Basic ${b64encode(`${CLIENT_ID}:${CLIENT_SECRET}`)}` } },
  );
  if (res.status !== 200) fail(`no token from ${base}: status ${res.status} ${res.error}`);
  return res.json<string>('access_token');
}

/** Starts a conversation; its `connectUri` is where the caller goes next. */
export function createCall(token: string) {
  return http.post(calls, null, { headers: bearer(token) });
}

/** Opens the WebSocket of a conversation; all of them share one name in the summary. */
export function dial(connectUri: string, token: string, params: WebSocketParams = {}): WebSocket {
  const url = base.replace(/^http/, 'ws') + connectUri;
  return new WebSocket(url, { headers: bearer(token), name: 'ivr', ...params });
}

/** Status of the answer to the upgrade: 101 when the connection opened, 0 when nothing came. */
export async function upgradeStatus(ws: WebSocket): Promise<number> {
  await ws.opened.catch(() => undefined);
  return ws.handshake?.status ?? 0;
}

/** Listens to the prompts, thinks, presses a digit and waits for the transfer. */
export async function takeMenu(ws: WebSocket, digits: string, thinkSeconds: number): Promise<void> {
  const next = (type: string) =>
    ws.nextJson<{ type: string }>((message) => message.type === type, { timeout: '30s' });
  await next('gather');
  await sleep(thinkSeconds);
  ws.sendJson({ type: 'digits', digits });
  await next('transfer');
}

/** Stays on the line for so long and hangs up. Gives the close code, whoever ended the call. */
export async function stayFor(ws: WebSocket, milliseconds: number): Promise<number> {
  const timer = setTimeout(() => ws.close(1000), milliseconds);
  const { code } = await ws.closed;
  clearTimeout(timer);
  return code;
}
