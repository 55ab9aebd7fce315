/**
 * `vurun/pacing`: constant time per iteration, and think times that vary. Durations are as in options:
 * text such as '2s' or '1m30s', and a number is milliseconds (only `sleep` of `vurun` takes seconds).
 */

import { Fact, Op } from '../contract/ops.ts';
import type { Duration } from '../contract/options.ts';
import { durationMs, shown } from '../globals/arguments.ts';
import { startTimer } from '../globals/timers.ts';
import { op, outsideInit } from '../host.ts';
import { Beats } from './pacing-beats.ts';

export type { Duration } from '../contract/options.ts';

/**
 * Gives milliseconds, at least 0, anew at each call. Those of this module draw from `Math.random`, which
 * repeats its sequence for the same seed and VU; a function of your own will do as well.
 */
export type Distribution = () => number;

/** Always the same. */
export function constant(duration: Duration): Distribution {
  const milliseconds = durationMs(duration, 'constant(duration)');
  return () => milliseconds;
}

/** Evenly from `least` to `most`. */
export function uniform(least: Duration, most: Duration): Distribution {
  const from = durationMs(least, 'uniform(least, most): least');
  const span = durationMs(most, 'uniform(least, most): most') - from;
  if (span < 0) {
    throw new TypeError(`uniform(least, most): most (${most}) is less than least (${least})`);
  }
  return () => from + Math.random() * span;
}

/**
 * A bell around `mean`: two of three draws lie within one `deviation` of it. A draw below 0 counts as 0,
 * which raises the average when `mean` is less than two deviations.
 */
export function normal(mean: Duration, deviation: Duration): Distribution {
  const centre = durationMs(mean, 'normal(mean, deviation): mean');
  const width = durationMs(deviation, 'normal(mean, deviation): deviation');
  return () => {
    // Box and Muller; 1 - random is never 0, whose logarithm would be infinite.
    const radius = Math.sqrt(-2 * Math.log(1 - Math.random()));
    return Math.max(0, centre + width * radius * Math.cos(2 * Math.PI * Math.random()));
  };
}

/**
 * Intervals of things that happen independently of each other: short ones often, long ones rarely. A
 * draw above `most` counts as `most`, which lowers the average; without it there is no bound.
 */
export function exponential(mean: Duration, most?: Duration): Distribution {
  const average = durationMs(mean, 'exponential(mean, most): mean');
  const bound = most === undefined ? Infinity : durationMs(most, 'exponential(mean, most): most');
  return () => Math.min(bound, -average * Math.log(1 - Math.random()));
}

/** Milliseconds of a duration, or of one draw. */
function drawn(time: Duration | Distribution, what: string): number {
  if (typeof time !== 'function') return durationMs(time, what);
  const milliseconds: unknown = time();
  if (typeof milliseconds === 'number' && milliseconds >= 0 && milliseconds < Infinity) {
    return milliseconds;
  }
  throw new TypeError(
    `${what}: the distribution gave ${shown(milliseconds)}; it has to give milliseconds of at least 0`,
  );
}

/** Resolves with `answer` after so many milliseconds. */
function rest(milliseconds: number, answer: number): Promise<number> {
  return new Promise((resolve) => {
    startTimer(() => resolve(answer), milliseconds, 'sleep');
  });
}

/**
 * Waits as long as one draw of the distribution says, or the duration. Resolves with the milliseconds it
 * was to wait. The VU's other events go on meanwhile.
 */
export function think(time: Duration | Distribution): Promise<number> {
  outsideInit('think');
  const milliseconds = drawn(time, 'think(time)');
  return rest(milliseconds, milliseconds);
}

let beats: Beats | undefined;
let beatsOf = 0;

/**
 * Keeps an iteration's beat: `await pace('10s')` first thing in the function lets this VU begin every
 * 10 seconds, however long its requests take. The first call does not wait; beat n is due at the first
 * plus n times `every`, so nothing drifts. A VU that comes late goes on at once and the next beat stays
 * where it was; those that have passed altogether are left out and not made up for. With a distribution
 * each beat is one draw after the beat before, or after now when the VU came late.
 *
 * Resolves with the milliseconds the VU was behind its beat, 0 when it was in time. The wait is part of
 * the iteration: who waits at the end of the scenario goes on if the beat lies within gracefulStop. A
 * VU that takes up a scenario, or is ramped up again, begins anew. Arrival-rate scenarios need no pace:
 * their iterations are started by one.
 */
export function pace(every: Duration | Distribution): Promise<number> {
  outsideInit('pace');
  const isDrawn = typeof every === 'function';
  const milliseconds = drawn(every, 'pace(every)');
  if (milliseconds === 0 && !isDrawn) throw new TypeError('pace(every): every must be more than 0');
  const now = op(Op.now) as number;
  // The VU's iterations before it took up its scenario: a VU that was ramped down was not late meanwhile.
  const before =
    (op(Op.factNumber, Fact.vuIteration) as number) -
    (op(Op.factNumber, Fact.vuIterationInScenario) as number);
  if (beats === undefined || before !== beatsOf) {
    beats = new Beats(now);
    beatsOf = before;
    return Promise.resolve(0);
  }
  const ahead = beats.take(now, milliseconds, isDrawn);
  return ahead < 0 ? Promise.resolve(-ahead) : rest(ahead, 0);
}
