import { performance } from 'node:perf_hooks';

/** Time, handed in so that schedules can be tested without waiting. */
export interface Clock {
  /** Milliseconds on a clock that never steps, with a fraction; its zero means nothing. */
  now(): number;
  /** An instant of this thread's `performance.now()` on this clock. */
  since(instant: number): number;
  /** Milliseconds since 1970 with a fraction, derived from `now` so that both agree. */
  wall(now: number): number;
}

/**
 * The machine's monotonic clock, the same in every thread of the process (each thread's
 * `performance.now()` has a zero of its own, so it cannot be compared across shards).
 */
export const monotonicClock: Clock = makeMonotonicClock();

function makeMonotonicClock(): Clock {
  const hr = Number(process.hrtime.bigint()) / 1e6;
  const here = performance.now();
  const offset = hr - here;
  const wallZero = performance.timeOrigin - offset;
  return {
    now: () => performance.now() + offset,
    since: (instant) => instant + offset,
    wall: (now) => wallZero + now,
  };
}
