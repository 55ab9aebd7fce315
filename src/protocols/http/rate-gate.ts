/** The option `rps`: a token bucket with a burst of one, shared by all VUs of a shard. */
export class RateGate {
  readonly #intervalMs: number;
  #next = 0;

  /** `rate` is requests a second. */
  constructor(rate: number) {
    this.#intervalMs = 1_000 / rate;
  }

  /** Takes the next token; returns how long to wait for it, in milliseconds. */
  take(now: number): number {
    const at = Math.max(now, this.#next);
    this.#next = at + this.#intervalMs;
    return at - now;
  }
}
