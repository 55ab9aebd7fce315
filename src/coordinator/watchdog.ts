/**
 * Sees to it that no turn lasts for ever. The engine checks its deadline between bytecodes only, so
 * a script can hang inside a native loop (`'x'.repeat(n).indexOf(...)`, a hostile array-like); then
 * nothing in that thread runs any more, and only another thread can end it.
 */
import type { Clock } from '../clock.ts';

export interface Watched {
  /** Two doubles: since when which VU is being run; 0 when none is. */
  watch: SharedArrayBuffer;
  /** Called once when a turn has outlived its deadline. */
  hung(vuId: number, forMs: number): void;
}

export class Watchdog {
  readonly #clock: Clock;
  readonly #deadlineMs: number;
  readonly #watched = new Set<Watched>();
  readonly #timer: NodeJS.Timeout;

  /** `deadlineMs` is how long a turn may last in all, the grace included. */
  constructor(clock: Clock, deadlineMs: number) {
    this.#clock = clock;
    this.#deadlineMs = deadlineMs;
    this.#timer = setInterval(() => this.#look(), 200);
  }

  add(watched: Watched): void {
    this.#watched.add(watched);
  }

  remove(watched: Watched): void {
    this.#watched.delete(watched);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #look(): void {
    const now = this.#clock.now();
    for (const watched of this.#watched) {
      const [since = 0, vuId = 0] = new Float64Array(watched.watch);
      if (since !== 0 && now - since > this.#deadlineMs) {
        this.#watched.delete(watched);
        watched.hung(vuId, now - since);
      }
    }
  }
}
