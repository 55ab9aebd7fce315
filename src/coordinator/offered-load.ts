/**
 * What a plan asks of its target over time, as far as declared numbers say: pure arithmetic, and never
 * more than what will be asked, so that nobody is warned of a load that does not come.
 */
import { limits } from '../limits.ts';
import type { ArrivalPlanInput, ScenarioPlanInput } from '../script/config.ts';
import { isArrival } from '../script/describe.ts';
import { Course } from './course.ts';

export type ClosedScenario = Exclude<ScenarioPlanInput, ArrivalPlanInput>;

/** VUs of a closed scenario, or starts per time unit of an open one, from its start to its regular end. */
export function courseOf(scenario: ScenarioPlanInput): Course {
  switch (scenario.executor) {
    case 'constant-vus':
      return level(scenario.vus, scenario.durationMs);
    case 'ramping-vus':
      return new Course(scenario.startVUs, scenario.stages);
    case 'per-vu-iterations':
    case 'shared-iterations':
      return level(scenario.vus, scenario.maxDurationMs);
    case 'constant-arrival-rate':
      return level(scenario.rate, scenario.durationMs);
    case 'ramping-arrival-rate':
      return new Course(scenario.startRate, scenario.stages);
  }
}

function level(value: number, durationMs: number): Course {
  return new Course(value, [{ durationMs, target: value }]);
}

/** One scenario's calls, as a function of the time since the test began. */
interface Offer {
  scenario: ScenarioPlanInput;
  instants: readonly number[];
  callsBetween: (from: number, to: number) => number;
}

/** What a scenario adds to the calls in a window. */
export interface Part {
  scenario: ScenarioPlanInput;
  calls: number;
}

/** The window of a length in which a plan makes the most calls. */
export function busiestWindow(
  scenarios: readonly ScenarioPlanInput[],
  minIterationDurationMs: number,
  windowMs: number,
): { fromMs: number; parts: Part[] } {
  const offers = scenarios.map((scenario) => offerOf(scenario, minIterationDurationMs));
  const partsAt = (from: number): Part[] =>
    offers.map(({ scenario, callsBetween }) => ({
      scenario,
      calls: callsBetween(from, from + windowMs),
    }));
  const fromMs = highest(
    (from) => partsAt(from).reduce((sum, { calls }) => sum + calls, 0),
    offers.flatMap(({ instants }) => [...instants]),
    windowMs,
    limits.planSteps / scenarios.length,
  );
  return { fromMs, parts: partsAt(fromMs) };
}

/** The most iterations of an open scenario that start within a span of time. */
export function mostStarts(scenario: ArrivalPlanInput, windowMs: number): number {
  const course = courseOf(scenario);
  const starts = (from: number): number =>
    (course.area(from + windowMs) - course.area(from)) / scenario.timeUnitMs;
  return starts(highest(starts, course.instants, windowMs, limits.planSteps));
}

/**
 * The first calls of a scenario's VUs are known from the plan, all further ones only with what an iteration
 * takes. An iteration's calls are spread evenly over it, the first at its start; all are at its start where
 * nothing says how long it takes.
 */
function offerOf(scenario: ScenarioPlanInput, minIterationDurationMs: number): Offer {
  const { startTimeMs, callsPerIteration: calls = 1, iterationTakesMs } = scenario;
  const takesMs =
    iterationTakesMs === undefined ? undefined : Math.max(iterationTakesMs, minIterationDurationMs);
  const course = courseOf(scenario);
  const between = (of: (at: number) => number, from: number, to: number): number =>
    of(to - startTimeMs) - of(from - startTimeMs);
  const instants = course.instants.map((at) => at + startTimeMs);

  if (isArrival(scenario)) {
    const starts = (at: number): number => course.area(at) / scenario.timeUnitMs;
    // Calls of one iteration that are many are counted in so many equal pieces.
    const pieces = takesMs === undefined ? 1 : Math.min(calls, 20);
    return {
      scenario,
      instants,
      callsBetween: (from, to) => {
        let sum = 0;
        for (let piece = 0; piece < pieces; piece++) {
          const late = (piece * (takesMs ?? 0)) / pieces;
          sum += (between(starts, from - late, to - late) * calls) / pieces;
        }
        return sum;
      },
    };
  }

  const rises = (at: number): number => course.rises(at);
  if (takesMs === undefined) {
    return {
      scenario,
      instants,
      callsBetween: (from, to) => calls * between(rises, from, to),
    };
  }
  const work = workOf(scenario, takesMs, course);
  return {
    scenario,
    instants: [...instants, work.lengthMs + startTimeMs],
    // The larger of two things that are both sure: the first call of each VU, and what all VUs make by the way.
    callsBetween: (from, to) =>
      Math.max(
        Math.min(1, calls) * between(rises, from, to),
        (between((at) => work.area(at), from, to) * calls) / takesMs,
      ),
  };
}

/** The VUs at work: those that count iterations are done before their time is over. */
function workOf(scenario: ClosedScenario, takesMs: number, course: Course): Course {
  switch (scenario.executor) {
    case 'constant-vus':
    case 'ramping-vus':
      return course;
    case 'per-vu-iterations':
      return level(scenario.vus, Math.min(scenario.maxDurationMs, scenario.iterations * takesMs));
    case 'shared-iterations':
      return level(
        scenario.vus,
        Math.min(scenario.maxDurationMs, (scenario.iterations * takesMs) / scenario.vus),
      );
  }
}

/**
 * Where a sum over a window is largest, the window beginning there. Between the instants at which the window's
 * ends meet a bend, such a sum is a parabola or a line. It is computed at most `steps` times: of more instants than
 * that allows some are left out, so that what is found is still true.
 */
function highest(
  sum: (from: number) => number,
  bends: readonly number[],
  windowMs: number,
  steps: number,
): number {
  const all = [...new Set(bends.flatMap((at) => [at, at - windowMs]))].sort((a, b) => a - b);
  const step = Math.ceil((4 * all.length) / steps);
  const instants = all.filter((_, index) => index % step === 0);
  let best = instants[0] ?? 0;
  let most = sum(best);
  const look = (at: number): number => {
    const value = sum(at);
    if (value > most) [best, most] = [at, value];
    return value;
  };
  for (const [index, from] of instants.entries()) {
    const first = look(from);
    const next = instants[index + 1];
    if (next === undefined) break;
    const half = (next - from) / 2;
    const middle = look(from + half);
    const last = sum(next);
    const bent = first - 2 * middle + last;
    if (bent < 0) {
      const vertex = from + half + (half * (first - last)) / (2 * bent);
      if (vertex > from && vertex < next) look(vertex);
    }
  }
  return best;
}
