import { type Limiter, type LimiterPlace, type LimiterSpec, nsPerMs, update } from './limiter.ts';
import { WaitingLine } from './waiting-line.ts';

const longestTimerMs = 2 ** 31 - 1;
/** The instant from which the next start is due, in nanoseconds. */
const due = 0;

/**
 * `limits.perMinute` and `limits.perSecond`: GCRA. Only the first in each shard's line has an instant of
 * its own, so that who gives up leaves it to the next, and at most one instant per shard can be lost.
 */
export class RateLimiter implements Limiter {
  readonly name: string;
  readonly holds = false;
  readonly #place: LimiterPlace;
  readonly #stepNs: bigint;
  readonly #toleranceNs: bigint;
  readonly #line = new WaitingLine(() => this.#serve());
  /** When the first in line may go, milliseconds; stays until somebody goes. */
  #instant: number | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(spec: LimiterSpec & { kind: 'rate' }, place: LimiterPlace) {
    this.name = spec.name;
    this.#place = place;
    this.#stepNs = BigInt(Math.ceil((spec.perMs * nsPerMs) / spec.count));
    this.#toleranceNs = this.#stepNs * BigInt(spec.burst - 1);
  }

  enter(go: () => void): () => void {
    return this.#line.join(go);
  }

  leave(): void {}
  heard(): void {}

  #serve(): void {
    clearTimeout(this.#timer);
    const { clock } = this.#place;
    while (this.#line.length > 0) {
      this.#instant ??= this.#reserve();
      const wait = this.#instant - clock.now();
      // Node's timers cannot wait less than a millisecond; the arithmetic keeps the rate all the same.
      if (wait >= 1) {
        this.#timer = setTimeout(() => this.#line.run(), Math.min(wait, longestTimerMs));
        return;
      }
      this.#instant = undefined;
      this.#line.next();
    }
  }

  #reserve(): number {
    const { words, clock } = this.#place;
    const now = BigInt(Math.round(clock.now() * nsPerMs));
    const { before } = update(words, due, (before) => (before > now ? before : now) + this.#stepNs);
    const at = before - this.#toleranceNs;
    return Number(at > now ? at : now) / nsPerMs;
  }
}
