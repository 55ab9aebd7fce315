/** How a service speaks with one client and waits; whoever owns the socket provides it. */
export interface Line {
  send(message: Readonly<Record<string, unknown>>): void;
  /** Closes with a code and a reason; nothing is sent or run afterwards. */
  close(code: number, reason: string): void;
  /** Runs later, in simulated milliseconds; the function returned takes it back. */
  after(ms: number, run: () => void): () => void;
  /** Looks something up; `wait` is called first if that takes time. */
  lookUp(wait: () => void, done: () => void): void;
  /** Counts one message, or another request, of the client; says when it was one too many. */
  excess(isMessage: boolean): Excess | undefined;
}

/** When to come back after too many messages. */
export interface Excess {
  /** Whole seconds, at least one. */
  retryAfter: number;
  /** Simulator only, when time is scaled: the exact milliseconds. */
  retryAfterMs?: number;
}

/** One service of the platform in conversation with one client. */
export interface Talker {
  start(): void;
  /** One message of the client; `undefined` is one that is no text. */
  receive(text: string | undefined): void;
  /** The session is about to reach its maximum lifetime. */
  warn?(): void;
}

/** What a session is about: who talks in it, and who knows of it. */
export interface Place {
  talker(line: Line): Talker;
  /** The session begins, before its 101. */
  enter(session: SeatedSession): void;
  /** Its socket is closed. */
  leave(session: SeatedSession): void;
}

/** A session as the place it is in knows it. */
export interface SeatedSession {
  readonly corr: string;
  readonly isOpen: boolean;
  say(message: Readonly<Record<string, unknown>>): void;
  end(decision: string, how: `close:${number}`, reason: string): void;
}

/** The JSON object a message is, if it is one. */
export function parseObject(text: string | undefined): Record<string, unknown> | undefined {
  if (text === undefined) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
