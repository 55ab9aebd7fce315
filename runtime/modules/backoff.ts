/**
 * `vurun/backoff`: whether and when a request or a WebSocket is tried again; given to it as `retry`. The
 * waiting is done outside of the VU's own time: the function hears only of the last attempt.
 */
import { Op } from '../contract/ops.ts';
import type { Duration } from '../contract/options.ts';
import { givenJson } from '../globals/arguments.ts';
import { op } from '../host.ts';

/** Why an attempt failed without an answer. EOF: closed by the peer; TIMEOUT: by our own time limit. */
export type FailureName =
  | 'ECONNRESET'
  | 'ECONNREFUSED'
  | 'ETIMEDOUT'
  | 'EPIPE'
  | 'ENOTFOUND'
  | 'EOF'
  | 'TIMEOUT';

export interface BackoffOptions {
  /** The first wait. Default 1s, for `fixed` 500ms. */
  base?: Duration;
  /** The longest wait of the policy's own. Default 60s. */
  cap?: Duration;
  /** The most retries of one operation. Default 5. */
  max?: number;
  /**
   * Wait as long as the answer asks (Retry-After in seconds, as a date or as PT3S, or a field of the
   * body), and the policy's own wait on top of it, never less. Default true; for `exponential` and
   * `fixed` false.
   */
  honourRetryAfter?: boolean;
  /** An answer that asks for more than this is not tried again. Default 180s. */
  retryAfterCap?: Duration;
  /**
   * Retries per operation in any minute, over all VUs: 0.1 is one in ten, false is no bound. Default 0.1; for
   * `exponential` and `fixed` false. The first ten retries are free.
   */
  budget?: number | false;
  /**
   * Statuses and failures to try again after. Default 429, 502, 503, 504, ECONNRESET, ECONNREFUSED,
   * ETIMEDOUT and EOF.
   */
  on?: readonly (number | FailureName)[];
  /**
   * Methods that may be sent again, and WS for the upgrade of a WebSocket. Default all that can be
   * repeated harmlessly; POST and PATCH are among them only when the request has an `idempotencyKey`.
   */
  methods?: readonly string[];
}

/** A policy. Requests and connections take it as `retry`. */
export class Backoff {
  readonly #text: string;

  /** `kind` is the name of one of this module's functions. */
  constructor(kind: string, options: unknown) {
    this.#text = op(Op.backoffNew, kind, givenJson(`backoff.${kind}()`, options)) as string;
  }

  /** As requests carry it to the host. */
  toJSON(): string {
    return this.#text;
  }
}

/** Waits anything from 0 to `base` doubled with each retry, at most `cap`: the one to take. */
export function fullJitter(options?: BackoffOptions): Backoff {
  return new Backoff('fullJitter', options);
}
/** Waits at least half of what `fullJitter` may. */
export function equalJitter(options?: BackoffOptions): Backoff {
  return new Backoff('equalJitter', options);
}
/** Waits from `base` to three times the wait before, at most `cap`. */
export function decorrelated(options?: BackoffOptions): Backoff {
  return new Backoff('decorrelated', options);
}
/**
 * Waits `base`, doubled with each retry. Clients that do so stay together; it is here to reproduce them.
 * With `jitter: 'add'` up to one `base` at random comes on top.
 */
export function exponential(options?: BackoffOptions & { jitter?: 'none' | 'add' }): Backoff {
  return new Backoff('exponential', options);
}
/** Waits `base` each time: here to reproduce the clients that make storms. */
export function fixed(base?: Duration, options?: Omit<BackoffOptions, 'base'>): Backoff {
  const given: unknown = base === undefined ? options : { ...options, base };
  return new Backoff('fixed', given);
}
/** No retry, which is also what happens without `retry`. */
export function none(): Backoff {
  return new Backoff('none', undefined);
}

/** All of this module. */
const backoff: {
  fullJitter: typeof fullJitter;
  equalJitter: typeof equalJitter;
  decorrelated: typeof decorrelated;
  exponential: typeof exponential;
  fixed: typeof fixed;
  none: typeof none;
} = { fullJitter, equalJitter, decorrelated, exponential, fixed, none };
export default backoff;
