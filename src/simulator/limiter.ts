import { limits } from '../limits.ts';

export interface LimiterOptions {
  limit: number;
  /** Real milliseconds, that is scaled already. */
  windowMs: number;
  anchor: 'first' | 'epoch' | 'sliding' | 'bucket';
  /** Size of the bucket; null is `limit`. */
  burst: number | null;
  countRejected: boolean;
  /** Calls of others that are counted when a window begins, and with each call. */
  used?: number;
  others?: number;
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
  /** Counts calls of others. */
  add(now: number, calls: number): void;
}

/** Counts calls per key (a token, an address) against one limit. */
export class Limiter {
  readonly #options: LimiterOptions;
  readonly #windows = new Map<string, Window>();
  /** Calls of others that are due, with a fraction. */
  #due = 0;

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
    this.#due += this.#options.others ?? 0;
    const calls = Math.floor(this.#due);
    this.#due -= calls;
    if (calls > 0) window.add(now, calls);
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

  add(now: number, calls: number): void {
    this.#turn(now);
    this.#count += calls;
  }

  #turn(now: number): void {
    const { windowMs, anchor, used } = this.#options;
    if (now < this.#start + windowMs) return;
    this.#start = anchor === 'epoch' ? Math.floor(now / windowMs) * windowMs : now;
    this.#count = used ?? 0;
  }

  take(now: number): LimiterVerdict {
    const { limit, windowMs, countRejected } = this.#options;
    this.#turn(now);
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
  #isNew = true;

  constructor(options: LimiterOptions) {
    this.#options = options;
  }

  add(now: number, calls: number): void {
    for (let i = 0; i < Math.min(calls, this.#options.limit); i++) this.#push(now);
  }

  #push(now: number): void {
    this.#times[this.#next] = now;
    this.#next = (this.#next + 1) % this.#options.limit;
  }

  take(now: number): LimiterVerdict {
    const { limit, windowMs, countRejected, used } = this.#options;
    if (this.#isNew) this.add(now, used ?? 0);
    this.#isNew = false;
    const horizon = now - windowMs;
    const allowed = this.#times.length < limit || (this.#times[this.#next] as number) <= horizon;
    if (allowed || countRejected) this.#push(now);
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
    this.#level = this.#size - (options.used ?? 0);
  }

  add(now: number, calls: number): void {
    this.#drip(now);
    this.#level = Math.max(-this.#size, this.#level - calls);
  }

  #drip(now: number): void {
    const { limit, windowMs } = this.#options;
    if (now <= this.#at) return;
    // Before the first call nothing has dripped: the bucket is as full as it was made.
    const passed = this.#at === -Infinity ? 0 : now - this.#at;
    this.#level = Math.min(this.#size, this.#level + (passed * limit) / windowMs);
    this.#at = now;
  }

  take(now: number): LimiterVerdict {
    const { limit, windowMs, countRejected } = this.#options;
    const perMs = limit / windowMs;
    this.#drip(now);
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
