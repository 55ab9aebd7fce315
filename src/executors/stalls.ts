/**
 * Times at which this thread did not run although it was to: timers that fired late show them. What
 * waits through a stall waits for us, and not for the target; but a stall during which there was nothing
 * for us to do, because every VU stood waiting for the target, kept nobody waiting.
 */

interface Span {
  from: number;
  to: number;
}

/** Timers are this inexact without anything being wrong. */
const slackMs = 2;
/** Stalls remembered; of older ones no more than their sum could be known, and nobody asks. */
const most = 1_000;

export class Stalls {
  readonly #spans: Span[] = [];
  /** The last stall, while it is open whether there was anything to do. */
  #open: (Span & { rounds: number }) | undefined;
  #rounds = 0;
  #lookedAt = Number.NaN;

  /**
   * At `now` a timer meant for `planned` fired, or still has not. `rounds` counts how often VUs were run
   * so far. Returns whether that is a stall.
   */
  woke(planned: number, now: number, rounds: number): boolean {
    if (now === this.#lookedAt) return false;
    this.#settle(rounds);
    this.#open = undefined;
    this.#lookedAt = now;
    const before = this.#rounds;
    this.#rounds = rounds;
    if (!(now - planned > slackMs)) return false;
    this.#open = { from: planned, to: now, rounds: before };
    return true;
  }

  /** A stall counts once VUs were run since the look before it: then something had waited for us. */
  #settle(rounds: number): void {
    if (this.#open === undefined || rounds <= this.#open.rounds) return;
    const { from, to } = this.#open;
    this.#open = undefined;
    if (this.#spans.length === most) this.#spans.shift();
    this.#spans.push({ from, to });
  }

  /** Milliseconds of stall between two instants. */
  within(from: number, to: number, rounds: number): number {
    this.#settle(rounds);
    let sum = 0;
    for (let i = this.#spans.length - 1; i >= 0; i--) {
      const span = this.#spans[i] as Span;
      if (span.to <= from) break;
      sum += Math.max(0, Math.min(span.to, to) - Math.max(span.from, from));
    }
    return sum;
  }

  forget(): void {
    this.#spans.length = 0;
  }
}
