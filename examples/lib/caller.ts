/** A caller, as the scripts named after threads of the field have one: dials, goes through the menu, stays. */
import { fail, http, ivr, oauth, ws } from 'vurun';
import type { Params, Response } from 'vurun/http';
import type { ConnectOptions, Session } from 'vurun/ws';
import { base, calls } from './platform.ts';

const { CLIENT_ID = 'client', CLIENT_SECRET = 'secret' } = __ENV;

/** One token for all callers: who fetch one each test the login, not the platform. */
export const auth = oauth.shared({
  tokenUrl: `${base}/oauth/token`,
  clientId: CLIENT_ID,
  clientSecret: CLIENT_SECRET,
});

export interface Call {
  /** Path of the conversation's state. */
  selfUri: string;
  /** Path of its WebSocket. */
  connectUri: string;
}

/** Starts a conversation. Throws when the platform does not let us. */
export async function createCall(params: Params = {}): Promise<Call> {
  return okay(await http.post(calls, null, { auth, ...params })).json<Call>();
}

/** The answer, unless it is a refusal. */
export function okay(answer: Response): Response {
  if (answer.status >= 400 || answer.status === 0) {
    fail(`${answer.request.method} was answered ${answer.status} ${answer.error}`);
  }
  return answer;
}

/** Opens the WebSocket of a conversation; all of them share one name in the summary. */
export function dial({ connectUri }: Call, options: ConnectOptions = {}): Promise<Session> {
  return ws.connect(base.replace(/^http/, 'ws') + connectUri, { auth, name: 'ivr', ...options });
}

/** Listens to the prompts, thinks, presses a digit and is transferred. */
export async function takeMenu(s: Session, digits: string, think = '1s'): Promise<void> {
  await ivr.expectPrompt(s);
  await ivr.gather(s, { digits, think });
  await ivr.expectTransfer(s);
}

/** Stays on the line for so long and hangs up. Throws when the call ends before that. */
export async function stay(s: Session, milliseconds: number): Promise<void> {
  try {
    await s.next(() => false, { timeout: milliseconds });
  } catch (error) {
    if ((error as Error).name !== 'TimeoutError') throw error;
  }
  await s.close();
}

/** The funnel has counted who failed; -v shows why. */
export function note({ message }: Error): void {
  console.debug(message);
}
