/** How fast a scenario's iterations can follow one another, and how many there can be. */

import type { ScenarioPlanInput } from '../script/config.ts';
import { isArrival } from '../script/describe.ts';
import { courseOf } from './offered-load.ts';

/** The least time a VU is busy with one iteration; undefined where nothing says so. */
export function busyMs(
  scenario: ScenarioPlanInput,
  minIterationDurationMs: number,
): number | undefined {
  return Math.max(scenario.iterationTakesMs ?? 0, minIterationDurationMs) || undefined;
}

/** Iterations one VU can finish that counts them. */
export function finishable(
  {
    maxDurationMs,
    gracefulStopMs,
    iterationTakesMs = 0,
  }: Pick<
    Extract<ScenarioPlanInput, { executor: 'per-vu-iterations' }>,
    'maxDurationMs' | 'gracefulStopMs' | 'iterationTakesMs'
  >,
  busy: number,
): number {
  // The last one has to begin before the regular end, and to be done before the graceful stop is over.
  const begun = Math.ceil(maxDurationMs / busy);
  const done = Math.floor((maxDurationMs + gracefulStopMs - iterationTakesMs) / busy) + 1;
  return Math.max(0, Math.min(begun, done));
}

/** The most a scenario can do; Infinity where nothing bounds it. */
export interface Ceiling {
  perSecond: number;
  iterations: number;
}

export function ceilingOf(scenario: ScenarioPlanInput, minIterationDurationMs: number): Ceiling {
  const course = courseOf(scenario);
  const busy = busyMs(scenario, minIterationDurationMs);
  if (isArrival(scenario)) {
    const { timeUnitMs, maxVUs } = scenario;
    const planned = Math.ceil(course.area(course.lengthMs) / timeUnitMs);
    return {
      perSecond: Math.min(
        (course.peak * 1_000) / timeUnitMs,
        busy === undefined ? Infinity : (maxVUs * 1_000) / busy,
      ),
      iterations: planned,
    };
  }
  const perSecond = busy === undefined ? Infinity : (course.peak * 1_000) / busy;
  switch (scenario.executor) {
    case 'constant-vus':
      return {
        perSecond,
        iterations:
          busy === undefined ? Infinity : scenario.vus * Math.ceil(scenario.durationMs / busy),
      };
    case 'ramping-vus':
      // Each time a VU is wanted ends with an iteration that may go on beyond it.
      return {
        perSecond,
        iterations:
          busy === undefined
            ? Infinity
            : course.area(course.lengthMs) / busy + course.rises(course.lengthMs),
      };
    case 'per-vu-iterations':
    case 'shared-iterations': {
      const each = busy === undefined ? Infinity : finishable(scenario, busy);
      return {
        perSecond,
        iterations: Math.min(wantedIterations(scenario), scenario.vus * each),
      };
    }
  }
}

/** Iterations of all VUs together in a scenario that counts them. */
export function wantedIterations(
  scenario: Extract<ScenarioPlanInput, { executor: 'per-vu-iterations' | 'shared-iterations' }>,
): number {
  return scenario.executor === 'shared-iterations'
    ? scenario.iterations
    : scenario.iterations * scenario.vus;
}
