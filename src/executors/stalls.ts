/**
 * Times at which this thread did not run although it was to: timers that fired late show them. What
 * waits through a stall waits for us, and not for the target.
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

  /** A timer meant for `planned` fired at `now`. */
  woke(planned: number, now: number): void {
    if (!(now - planned > slackMs)) return;
    if (this.#spans.length === most) this.#spans.shift();
    this.#spans.push({ from: planned, to: now });
  }

  /** Milliseconds of stall between two instants. */
  within(from: number, to: number): number {
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
