/** The calls of all scenarios together against the limit the target is declared to have. */
import { formatDuration } from '../duration.ts';
import type { RunConfig, ScenarioPlanInput } from '../script/config.ts';
import { isArrival } from '../script/describe.ts';
import { formatRate, type Rate, rateUnit } from '../script/rate.ts';
import type { Rise } from './course.ts';
import { countOf, type Finding, pathOf, perTime, writable } from './finding.ts';
import { busiestWindow, courseOf, type Part } from './offered-load.ts';

export function checkLimit(
  config: Pick<RunConfig, 'minIterationDurationMs' | 'rps' | 'target'> & {
    scenarios: readonly ScenarioPlanInput[];
  },
): Finding[] {
  const { limit } = config.target;
  if (limit === undefined) return [];
  const { fromMs, parts } = busiestWindow(
    config.scenarios,
    config.minIterationDurationMs,
    limit.perMs,
  );
  const total = whole(parts.reduce((sum, { calls }) => sum + calls, 0));
  if (total <= limit.count) return [];
  if (config.rps > 0) {
    const allowed = (config.rps * limit.perMs) / 1_000;
    if (allowed <= limit.count) return [];
    if (allowed < total) {
      const fitting = Math.floor((limit.count * 1_000) / limit.perMs);
      return [
        {
          path: 'rps',
          problem: `${config.rps} a second lets ${callRate(allowed, limit)} through, and ${said(limit)}`,
          advice: fitting > 0 ? `write rps: ${fitting}` : 'make fewer calls',
        },
      ];
    }
  }
  const some = parts.filter(({ calls }) => whole(calls) > 0).sort((a, b) => b.calls - a.calls);
  const [first] = some;
  if (first !== undefined && (some.length === 1 || whole(first.calls) > limit.count)) {
    return [alone(first, limit, fromMs)];
  }
  const names = some.slice(0, 3).map((part) => `${part.scenario.name} (${whole(part.calls)})`);
  const others = some.length > 3 ? ` and ${some.length - 3} more` : '';
  return [
    {
      path: 'target.limit',
      problem:
        `the scenarios ${names.join(', ')}${others} together make ${callRate(total, limit)}, ` +
        `${formatDuration(Math.max(0, Math.round(fromMs)))} into the test, and ${said(limit)}`,
      advice: `start them apart with startTime, or make at most ${Math.floor((100 * limit.count) / total)}% of these calls`,
    },
  ];
}

/** The finding about one scenario that breaks the limit without any help. */
function alone({ scenario, calls }: Part, limit: Rate, fromMs: number): Finding {
  const { callsPerIteration: each = 1, iterationTakesMs } = scenario;
  const course = courseOf(scenario);
  const are = `are ${callRate(calls, limit)}, and ${said(limit)}`;
  const fit = Math.floor(limit.count / each);
  if (isArrival(scenario)) {
    return {
      path: pathOf(scenario, scenario.executor === 'constant-arrival-rate' ? 'rate' : 'stages'),
      problem: `iterations at up to ${perTime(course.peak, scenario.timeUnitMs)} with ${countOf(each, 'call')} each ${are}`,
      advice: fit > 0 ? `start at most ${perTime(fit, limit.perMs)}` : fewerCalls,
    };
  }
  const from = fromMs - scenario.startTimeMs;
  const rises = course.risesBetween(from, from + limit.perMs);
  const begun = rises.reduce((sum, { count }) => sum + count, 0);
  if (iterationTakesMs !== undefined && whole(calls) > whole(begun)) {
    const vus = Math.floor((limit.count * iterationTakesMs) / (each * limit.perMs));
    const takes = writable((course.peak * each * limit.perMs) / limit.count);
    return {
      path: pathOf(scenario, scenario.executor === 'ramping-vus' ? 'stages' : 'vus'),
      problem: `${countOf(course.peak, 'VU')} that each make ${countOf(each, 'call')} in ${formatDuration(iterationTakesMs)} ${are}`,
      advice: `${vus > 0 ? `use ${countOf(vus, 'VU')}, or ` : ''}let an iteration take ${takes}`,
    };
  }
  // What is sure are the first calls of each VU: all of an iteration, or one where they are spread over it.
  const firsts = iterationTakesMs === undefined ? each : 1;
  const fitting = Math.floor(limit.count / firsts);
  const spread =
    firsts > 1 ? ', or write iterationTakes if an iteration spreads its calls over time' : '';
  const makes = `that each make ${countOf(firsts, 'call')}`;
  const steps = rises.sort((a, b) => b.count - a.count);
  const [top, ...others] = steps as [Rise, ...Rise[]];
  const path = pathOf(
    scenario,
    scenario.executor !== 'ramping-vus'
      ? 'vus'
      : top.stage < 0
        ? 'startVUs'
        : `stages[${top.stage}]`,
  );
  if (top.durationMs === 0) {
    const over = writable((begun * firsts * limit.perMs) / limit.count);
    return {
      path,
      problem: `${countOf(whole(begun), 'VU')} ${makes} as they start together ${are}`,
      advice: (fitting > 0 ? `ramp up over ${over}` : fewerCalls) + spread,
    };
  }
  // VUs that start at once in the same window use up some of the limit; a single one is as good as the ramp's first.
  const beside = (begun - top.count) * firsts;
  const isPlain = beside < limit.count && others.every(({ durationMs }) => durationMs === 0);
  const climb = top.rise * firsts * limit.perMs;
  const ramp = writable(
    beside <= 1
      ? climb / limit.count + (beside * limit.perMs) / limit.count
      : climb / (limit.count - beside),
  );
  const vus = top.durationMs > limit.perMs ? top.target : whole(begun);
  return {
    path,
    problem: `${countOf(vus, 'VU')} ${makes} within a ramp of ${formatDuration(top.durationMs)} ${are}`,
    advice:
      (fitting === 0
        ? fewerCalls
        : isPlain
          ? `ramp over ${ramp}`
          : `start at most ${countOf(fitting, 'VU')} within ${formatDuration(limit.perMs)}`) +
      spread,
  };
}

const fewerCalls = 'make fewer calls in an iteration';

/** Calls are whole: half a call above the limit is none. */
function whole(calls: number): number {
  return Math.floor(calls + 1e-6);
}

function callRate(calls: number, { perMs }: Rate): string {
  return `${whole(calls)} calls/${rateUnit(perMs)}`;
}

function said(limit: Rate): string {
  return `the limit is ${formatRate(limit)}`;
}
