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

  /** At `now` a timer meant for `planned` fired, or still has not. Returns whether that is a stall. */
  woke(planned: number, now: number): boolean {
    if (!(now - planned > slackMs)) return false;
    if (this.#spans.length === most) this.#spans.shift();
    this.#spans.push({ from: planned, to: now });
    return true;
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
