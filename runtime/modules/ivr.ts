/** `vurun/ivr`: the menu of an IVR over a session of `vurun/ws`, as a caller goes through it. */
import type { Duration } from '../contract/options.ts';
import { durationMs, shown } from '../globals/arguments.ts';
import { startTimer } from '../globals/timers.ts';
import type { Session } from './ws.ts';

/** A message of the IVR; which fields there are depends on `type`. */
export interface IvrMessage {
  type: 'prompt' | 'gather' | 'processing' | 'transfer' | 'noInput' | 'disconnect' | 'error';
  /** prompt: which one. */
  id?: string;
  /** prompt: what is said. */
  text?: string;
  /** prompt: how long that takes, milliseconds. */
  durationMs?: number;
  /** gather: how many digits are wanted. */
  minDigits?: number;
  maxDigits?: number;
  /** transfer: where to. */
  target?: string;
  /** disconnect: why. */
  reason?: string;
  /** error: 400 for a message that cannot be, 409 for one at the wrong time, 429 for one too many. */
  code?: number;
  message?: string;
}
export interface ExpectOptions {
  /** How long to wait. Default 30s. */
  timeout?: Duration;
}
export interface GatherOptions extends ExpectOptions {
  /** What the caller presses: 0 to 9, * and #. */
  digits: string;
  /** How long the caller thinks before. Default 0. */
  think?: Duration;
}

/** The IVR said that something is wrong, or hung up, where something else was expected. */
export class IvrError extends Error {
  override readonly name = 'IvrError';
  /** What it said. */
  readonly said: IvrMessage;

  constructor(awaited: string, said: IvrMessage) {
    const { type, code, message, reason } = said;
    const what = type === 'error' ? `error ${code}: ${message}` : `it hangs up (${reason})`;
    super(`the IVR was to send ${awaited}, and said: ${what}`);
    this.said = said;
  }
}

async function expect(
  session: Session,
  call: string,
  awaited: string,
  { timeout = '30s' }: ExpectOptions,
  accepts: (message: IvrMessage) => boolean,
): Promise<IvrMessage> {
  if (typeof session?.next !== 'function') {
    throw new TypeError(`${call}: session must be one of ws.connect(), not ${shown(session)}`);
  }
  const said = await session.next<IvrMessage>(
    (message) => accepts(message) || message.type === 'error' || message.type === 'disconnect',
    { timeout },
  );
  if (accepts(said)) return said;
  throw new IvrError(awaited, said);
}

/**
 * Waits for a prompt, the one with this id if one is given; others are passed over. Rejects with an
 * `IvrError` when the IVR reports an error or hangs up, and as `session.next` does.
 */
export function expectPrompt(
  session: Session,
  id?: string,
  options: ExpectOptions = {},
): Promise<IvrMessage> {
  const awaited = id === undefined ? 'a prompt' : `the prompt '${id}'`;
  return expect(session, 'expectPrompt(session, id)', awaited, options, (message) => {
    return message.type === 'prompt' && (id === undefined || message.id === id);
  });
}

/** Waits until digits are asked for, and sends them. Rejects as `expectPrompt` does. */
export async function gather(session: Session, options: GatherOptions): Promise<IvrMessage> {
  const call = 'gather(session, { digits })';
  const digits = (options as GatherOptions | undefined)?.digits;
  if (typeof digits !== 'string' || !/^[0-9*#]+$/.test(digits)) {
    throw new TypeError(`${call}: digits must be text of 0 to 9, * and #, not ${shown(digits)}`);
  }
  const think = durationMs(options.think ?? 0, 'gather(session, { think })');
  const asked = await expect(session, call, 'a gather', options, ({ type }) => type === 'gather');
  if (think > 0) await new Promise<void>((done) => void startTimer(done, think, 'sleep'));
  session.sendJson({ type: 'digits', digits });
  return asked;
}

/** Waits until the call is transferred. Rejects as `expectPrompt` does. */
export function expectTransfer(session: Session, options: ExpectOptions = {}): Promise<IvrMessage> {
  const call = 'expectTransfer(session)';
  return expect(session, call, 'a transfer', options, ({ type }) => type === 'transfer');
}

/** All of this module. */
const ivr: {
  expectPrompt: typeof expectPrompt;
  gather: typeof gather;
  expectTransfer: typeof expectTransfer;
} = { expectPrompt, gather, expectTransfer };
export default ivr;
