/**
 * The option `rps`: a token bucket with a burst of one, shared by all VUs of a shard. Who waits stands
 * in a queue, so that a request that is given up leaves its token to the next.
 */
import type { Clock } from '../../clock.ts';

export class RateGate {
  readonly #intervalMs: number;
  readonly #clock: Clock;
  readonly #queue = new Set<() => void>();
  #next = 0;
  #timer: NodeJS.Timeout | undefined;

  /** `rate` is requests a second. */
  constructor(rate: number, clock: Clock) {
    this.#intervalMs = 1_000 / rate;
    this.#clock = clock;
  }

  /** Calls `go` when it is this one's turn, maybe at once. Returns how to leave the queue. */
  enter(go: () => void): () => void {
    this.#queue.add(go);
    this.#serve();
    return () => this.#queue.delete(go);
  }

  #serve(): void {
    if (this.#timer !== undefined) return;
    for (const go of this.#queue) {
      const now = this.#clock.now();
      const wait = this.#next - now;
      // Node's timers cannot wait less than a millisecond; the arithmetic keeps the rate all the same.
      if (wait >= 1) {
        this.#timer = setTimeout(() => {
          this.#timer = undefined;
          this.#serve();
        }, wait);
        return;
      }
      this.#next = Math.max(now, this.#next) + this.#intervalMs;
      this.#queue.delete(go);
      go();
    }
  }
}
