/**
 * `vurun/limits`: bounds that all VUs of a run keep together; given to requests and connections as
 * `limit`. Who is above a bound waits its turn, first come first served, and `limit_wait` says how long.
 * They are declared outside of all functions.
 */
import { Op } from '../contract/ops.ts';
import { givenJson } from '../globals/arguments.ts';
import { life, op } from '../host.ts';

export interface LimitOptions {
  /** The tag `limit` of its `limit_wait` samples. Default its kind and number, such as perMinute-1. */
  name?: string;
}
export interface RateOptions extends LimitOptions {
  /** So many may start at once after a pause. Default 1: starts are evenly spaced. */
  burst?: number;
}

let declared = 0;

/** A bound. Requests and connections take one, or a list of them, as `limit`. */
export class Limit {
  readonly #ordinal: number;

  constructor(kind: string, given: object) {
    if (life.phase !== 'init') {
      throw new Error(
        `limits.${kind}() must be declared outside of all functions, so that all VUs share it`,
      );
    }
    op(Op.limiterNew, declared, kind, givenJson(`limits.${kind}()`, given));
    this.#ordinal = declared++;
  }

  /** As requests carry it to the host. */
  toJSON(): { limiter: number } {
    return { limiter: this.#ordinal };
  }
}

/** At most `count` starts in any minute, over all VUs, evenly spaced. */
export function perMinute(count: number, options?: RateOptions): Limit {
  return new Limit('perMinute', { ...options, count });
}
/** At most `count` starts in any second, over all VUs, evenly spaced. */
export function perSecond(count: number, options?: RateOptions): Limit {
  return new Limit('perSecond', { ...options, count });
}
/** At most `count` at once, over all VUs: requests under way, or connections from dial to close. */
export function concurrent(count: number, options?: LimitOptions): Limit {
  return new Limit('concurrent', { ...options, count });
}
/**
 * Keeps to what the target's own headers say (`inin-ratelimit-*`, `RateLimit`, `RateLimit-*`,
 * `X-RateLimit-*`): freely while more than half is left, then evenly, and not at all while nothing is left
 * or a 429 or 503 asks to stay away.
 */
export function fromHeaders(options?: LimitOptions): Limit {
  return new Limit('fromHeaders', { ...options });
}

/** All of this module. */
const limits: {
  perMinute: typeof perMinute;
  perSecond: typeof perSecond;
  concurrent: typeof concurrent;
  fromHeaders: typeof fromHeaders;
} = { perMinute, perSecond, concurrent, fromHeaders };
export default limits;
