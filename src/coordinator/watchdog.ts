/**
 * Sees to it that no turn lasts for ever. The engine checks its deadline between bytecodes only, so
 * a script can hang inside a native loop (`'x'.repeat(n).indexOf(...)`, a hostile array-like); then
 * nothing in that thread runs any more, and only another thread can end it.
 */
import type { Clock } from '../clock.ts';
import { limits } from '../limits.ts';

export interface Watched {
  /** Three doubles: since when (0 for not at all) which VU is run, and how long it may be. */
  watch: SharedArrayBuffer;
  /** Called once when a turn has outlived its deadline. */
  hung(vuId: number, forMs: number): void;
}

export class Watchdog {
  readonly #clock: Clock;
  readonly #watched = new Set<Watched>();
  readonly #timer: NodeJS.Timeout;

  constructor(clock: Clock) {
    this.#clock = clock;
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
      const [since = 0, vuId = 0, deadlineMs = 0] = new Float64Array(watched.watch);
      if (since !== 0 && now - since > deadlineMs + limits.watchdogGraceMs) {
        this.#watched.delete(watched);
        watched.hung(vuId, now - since);
      }
    }
  }
}
