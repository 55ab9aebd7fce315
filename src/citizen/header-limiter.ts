import { limits } from '../limits.ts';
import { type Limiter, type LimiterPlace, nsPerMs, update } from './limiter.ts';
import type { RateState } from './rate-headers.ts';
import { WaitingLine } from './waiting-line.ts';

/** Words: when the next paced start is due, the pace, until when nothing starts, and who may go unpaced. */
const due = 0;
const step = 1;
const hold = 2;
const free = 3;
/** After those: the end of the window as it was last told. */
const windowEnd = 4;

const longestTimerMs = 2 ** 31 - 1;
/** No pace at all. */
const unbounded = -1n;

/**
 * `limits.fromHeaders`: goes freely while more than half of what the target allows is left, then evenly
 * over the rest of the window, and not at all once nothing is left or the target asked to stay away.
 * Until the first answer has come only a few are sent ahead.
 */
export class HeaderLimiter implements Limiter {
  readonly name: string;
  readonly holds = false;
  readonly #place: LimiterPlace;
  readonly #line = new WaitingLine(() => this.#serve());
  #instant: number | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(spec: { name: string }, place: LimiterPlace) {
    this.name = spec.name;
    this.#place = place;
  }

  enter(go: () => void): () => void {
    return this.#line.join(go);
  }

  leave(): void {}

  heard(rate: RateState | undefined, stayAwayMs: number | undefined): void {
    const { words, clock } = this.#place;
    const now = clock.now();
    if (stayAwayMs !== undefined) this.#holdUntil(now + stayAwayMs);
    if (rate === undefined) {
      // A target that says nothing of a limit is not paced; one that did once is still under it.
      Atomics.compareExchange(words, step, 0n, unbounded);
    } else {
      this.#learn(rate, now);
    }
    this.#line.run();
  }

  #learn({ limit, remaining, resetMs }: RateState, now: number): void {
    const { words } = this.#place;
    if (remaining === 0) this.#holdUntil(now + resetMs);
    const half = limit === undefined ? remaining : limit / 2;
    const paced = Math.max(1, Math.min(remaining === 0 ? half : remaining, half));
    Atomics.store(words, step, BigInt(Math.ceil((resetMs * nsPerMs) / paced) + 1));
    const unpaced = BigInt(Math.max(0, Math.floor(remaining - half)));
    const end = BigInt(Math.round((now + resetMs) * nsPerMs));
    // The target tells whole seconds: only an end well beyond the last one is another window's.
    const slack = BigInt(limits.rateWindowSlackMs * nsPerMs);
    const window = update(words, windowEnd, (before) => (end > before + slack ? end : before));
    // Answers overtake each other: within a window what is left only shrinks.
    if (window.after === window.before) {
      update(words, free, (before) => (unpaced < before ? unpaced : before));
    } else Atomics.store(words, free, unpaced);
  }

  #holdUntil(untilMs: number): void {
    const until = BigInt(Math.round(untilMs * nsPerMs));
    update(this.#place.words, hold, (before) => (until > before ? until : before));
  }

  #serve(): void {
    clearTimeout(this.#timer);
    const { words, clock, random } = this.#place;
    while (this.#line.length > 0) {
      const now = clock.now();
      const held = Number(Atomics.load(words, hold)) / nsPerMs - now;
      if (held > 0) {
        // Never earlier than asked, and the shards not all in one instant.
        this.#wait(held + random() * limits.rateHoldJitterMs);
        return;
      }
      this.#instant ??= this.#reserve(now);
      const wait = this.#instant - now;
      if (wait >= 1) {
        this.#wait(wait);
        return;
      }
      this.#instant = undefined;
      this.#line.next();
    }
  }

  #wait(ms: number): void {
    this.#timer = setTimeout(() => this.#line.run(), Math.min(Math.ceil(ms), longestTimerMs));
  }

  #reserve(nowMs: number): number {
    const { words } = this.#place;
    const pace = Atomics.load(words, step);
    if (pace === unbounded) return nowMs;
    if (pace > 0n) {
      const left = update(words, free, (before) => (before > 0n ? before - 1n : before)).before;
      if (left > 0n) return nowMs;
    }
    const now = BigInt(Math.round(nowMs * nsPerMs));
    const wide = pace === 0n ? BigInt(limits.rateScoutMs * nsPerMs) : pace;
    const { before } = update(words, due, (before) => (before > now ? before : now) + wide);
    return Number(before > now ? before : now) / nsPerMs;
  }
}
