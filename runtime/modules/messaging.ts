/** `vurun/messaging`: a guest of web messaging who writes to a bot and waits for its answers. */
import type { Duration } from '../contract/options.ts';
import { shown } from '../globals/arguments.ts';
import { randomUUID } from '../globals/crypto.ts';
import { startTimer } from '../globals/timers.ts';
import { type ConnectOptions, connect as connectSession, type Session } from './ws.ts';

export interface GuestOptions extends ConnectOptions {
  /** The deployment the guest comes from. */
  deploymentId: string;
  /** Domain of the platform, such as 'example.com': the guest goes to wss://webmessaging.example.com. */
  region?: string;
  /** Where to go instead: scheme and host, such as 'ws://127.0.0.1:8080'. */
  base?: string;
  /** What the deployment asks to see as Origin. */
  origin?: string;
}
export interface AskOptions {
  /** For the answer, from the message that was accepted. Default 30s. */
  timeout?: Duration;
  /** How often a message that was refused as one too many is sent again, after the wait asked for. Default 5. */
  retries?: number;
}
export interface Answer {
  text: string;
  /** From the message that was accepted to its answer, milliseconds. */
  ms: number;
  /** How often the message was refused as one too many. */
  limited: number;
}

interface Frame {
  class?: string;
  code?: number;
  tracingId?: string;
  body?:
    | string
    | {
        text?: string;
        direction?: string;
        retryAfter?: number;
        errorCode?: number;
        errorMessage?: string;
      };
}

/** The platform refused what the guest asked for. */
export class MessagingError extends Error {
  override readonly name = 'MessagingError';
  /** Of the answer: 429, 4007, … */
  readonly code: number;

  constructor(what: string, { code = 0, body }: Frame) {
    const why = typeof body === 'string' ? body : (body?.errorMessage ?? '');
    super(`${what} was refused with ${code}: ${why}`);
    this.code = code;
  }
}

const tooMany = 'TooManyRequestsErrorMessage';

/** A guest with a session; made by `connect`. */
export class Guest {
  /** What it speaks through. */
  readonly session: Session;
  readonly #token: string;

  constructor(session: Session, token: string) {
    this.session = session;
    this.#token = token;
  }

  /**
   * Writes a message and waits for the bot's answer. A refusal as one too many (4029) is waited out as
   * long as it asks for, and the message sent again. Rejects with a `MessagingError` for other refusals and
   * for one too many of these, and as `session.next` does.
   */
  async ask(text: string, { timeout = '30s', retries = 5 }: AskOptions = {}): Promise<Answer> {
    if (typeof text !== 'string') {
      throw new TypeError(`ask(text, options): text must be text, not ${shown(text)}`);
    }
    if (!Number.isInteger(retries) || retries < 0) {
      throw new TypeError(
        `ask(text, { retries }): retries must be a whole number from 0, not ${shown(retries)}`,
      );
    }
    for (let limited = 0; ; limited++) {
      const tracingId = randomUUID();
      const message = { type: 'Text', text };
      const sentAt = Date.now();
      this.session.sendJson({ action: 'onMessage', token: this.#token, message, tracingId });
      const frame = await this.session.next<Frame>(
        ({ class: kind, code = 0, body, tracingId: of }) =>
          (kind === 'StructuredMessage' &&
            (body as { direction?: string }).direction === 'Outbound') ||
          (code >= 400 && (of === undefined || of === tracingId)),
        { timeout },
      );
      const { body } = frame;
      if (frame.class === 'StructuredMessage') {
        const answer = (body as { text?: string }).text ?? '';
        return { text: answer, ms: Date.now() - sentAt, limited };
      }
      if (frame.class !== tooMany || limited >= retries)
        throw new MessagingError('the message', frame);
      await after(((body as { retryAfter?: number }).retryAfter ?? 1) * 1_000);
    }
  }

  /** Ends the session as a guest who closes the window. */
  async close(): Promise<void> {
    const { session } = this;
    if (session.isOpen) {
      session.sendJson({ action: 'closeSession', token: this.#token, tracingId: randomUUID() });
    }
    await session.close();
  }
}

/**
 * Connects as a guest and begins a conversation. Rejects as `ws.connect` does, and with a
 * `MessagingError` when the conversation is refused.
 */
export async function connect(options: GuestOptions): Promise<Guest> {
  const call = 'messaging.connect(options)';
  if (typeof options !== 'object' || options === null) {
    throw new TypeError(`${call}: options must be an object, not ${shown(options)}`);
  }
  const { deploymentId, region, base, origin, headers, ...rest } = options;
  if (typeof deploymentId !== 'string' || deploymentId === '') {
    throw new TypeError(`${call}: deploymentId must be text, not ${shown(deploymentId)}`);
  }
  if (typeof (base ?? region) !== 'string') {
    throw new TypeError(
      `${call}: region is missing; write the platform's domain, or base: 'wss://…'`,
    );
  }
  const where = base ?? `wss://webmessaging.${region}`;
  const session = await connectSession(
    `${where}/v1?deploymentId=${encodeURIComponent(deploymentId)}`,
    { name: 'messaging', ...rest, headers: { ...headers, ...(origin && { Origin: origin }) } },
  );
  const token = randomUUID();
  const tracingId = randomUUID();
  session.sendJson({ action: 'configureSession', deploymentId, token, startNew: true, tracingId });
  const answer = await session.next<Frame>(
    ({ class: kind, code = 0 }) => kind === 'SessionResponse' || code >= 400,
    { timeout: '30s' },
  );
  if (answer.class === 'SessionResponse') return new Guest(session, token);
  await session.close();
  throw new MessagingError('the session', answer);
}

function after(milliseconds: number): Promise<void> {
  return new Promise((resolve) => {
    startTimer(resolve, milliseconds, 'sleep');
  });
}

/** All of this module. */
const messaging: { connect: typeof connect } = { connect };
export default messaging;
