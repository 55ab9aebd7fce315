import { limits } from '../limits.ts';

export interface LimiterOptions {
  limit: number;
  /** Real milliseconds, that is scaled already. */
  windowMs: number;
  anchor: 'first' | 'epoch' | 'sliding' | 'bucket';
  /** Size of the bucket; null is `limit`. */
  burst: number | null;
  countRejected: boolean;
}

export interface LimiterVerdict {
  allowed: boolean;
  /** Calls counted in the window, this one included. */
  count: number;
  limit: number;
  /** Milliseconds until a call may be allowed again (or the window ends). */
  resetMs: number;
}

interface Window {
  take(now: number): LimiterVerdict;
}

/** Counts calls per key (a token, an address) against one limit. */
export class Limiter {
  readonly #options: LimiterOptions;
  readonly #windows = new Map<string, Window>();

  constructor(options: LimiterOptions) {
    this.#options = options;
  }

  /** Counts one call at `now`, in milliseconds since 1970. */
  take(key: string, now: number): LimiterVerdict {
    let window = this.#windows.get(key);
    if (!window) {
      if (this.#windows.size >= limits.simulatorLimiterKeys) {
        const oldest = this.#windows.keys().next();
        if (!oldest.done) this.#windows.delete(oldest.value);
      }
      window = makeWindow(this.#options);
      this.#windows.set(key, window);
    }
    return window.take(now);
  }
}

function makeWindow(options: LimiterOptions): Window {
  if (options.anchor === 'sliding') return new SlidingWindow(options);
  if (options.anchor === 'bucket') return new Bucket(options);
  return new FixedWindow(options);
}

class FixedWindow implements Window {
  readonly #options: LimiterOptions;
  #start = -Infinity;
  #count = 0;

  constructor(options: LimiterOptions) {
    this.#options = options;
  }

  take(now: number): LimiterVerdict {
    const { limit, windowMs, anchor, countRejected } = this.#options;
    if (now >= this.#start + windowMs) {
      this.#start = anchor === 'epoch' ? Math.floor(now / windowMs) * windowMs : now;
      this.#count = 0;
    }
    const allowed = this.#count < limit;
    if (allowed || countRejected) this.#count++;
    return { allowed, count: this.#count, limit, resetMs: this.#start + windowMs - now };
  }
}

/** Remembers the last `limit` counted calls: a call is allowed when the oldest has left the window. */
class SlidingWindow implements Window {
  readonly #options: LimiterOptions;
  readonly #times: number[] = [];
  #next = 0;

  constructor(options: LimiterOptions) {
    this.#options = options;
  }

  take(now: number): LimiterVerdict {
    const { limit, windowMs, countRejected } = this.#options;
    const horizon = now - windowMs;
    const allowed = this.#times.length < limit || (this.#times[this.#next] as number) <= horizon;
    if (allowed || countRejected) {
      this.#times[this.#next] = now;
      this.#next = (this.#next + 1) % limit;
    }
    const full = this.#times.length >= limit;
    const oldest = this.#times[full ? this.#next : 0] ?? now;
    return {
      allowed,
      count: this.#countSince(horizon) + (allowed || countRejected ? 0 : 1),
      limit,
      resetMs: Math.max(0, oldest + windowMs - now),
    };
  }

  /** Times are in order from `#next` round to its predecessor, so half of them is skipped at a time. */
  #countSince(horizon: number): number {
    const length = this.#times.length;
    const first = length < this.#options.limit ? 0 : this.#next;
    let low = 0;
    let high = length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#times[(first + middle) % length] as number) <= horizon) low = middle + 1;
      else high = middle;
    }
    return length - low;
  }
}

/** Drips at `limit` per window; a rejected call that counts postpones the next allowed one. */
class Bucket implements Window {
  readonly #options: LimiterOptions;
  readonly #size: number;
  #level: number;
  #at = -Infinity;

  constructor(options: LimiterOptions) {
    this.#options = options;
    this.#size = options.burst ?? options.limit;
    this.#level = this.#size;
  }

  take(now: number): LimiterVerdict {
    const { limit, windowMs, countRejected } = this.#options;
    const perMs = limit / windowMs;
    if (now > this.#at) {
      this.#level = Math.min(this.#size, this.#level + (now - this.#at) * perMs);
      this.#at = now;
    }
    const allowed = this.#level >= 1;
    if (allowed || countRejected) this.#level = Math.max(-this.#size, this.#level - 1);
    return {
      allowed,
      count: Math.ceil(this.#size - this.#level),
      limit,
      resetMs: Math.max(0, 1 - this.#level) / perMs,
    };
  }
}
