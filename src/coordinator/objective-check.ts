/**
 * Thresholds that state a wanted rate or number, against what the plan's VUs and rates can give. Of a test
 * that is cut into segments they see this process's part alone.
 */
import { formatDuration } from '../duration.ts';
import { ownPart } from '../executors/part.ts';
import { parseMetricName } from '../metrics/sub-metric.ts';
import type { ThresholdRule } from '../metrics/threshold.ts';
import type { RunConfig, ScenarioPlanInput } from '../script/config.ts';
import { isArrival } from '../script/describe.ts';
import { stripePart } from '../script/segment.ts';
import { countOf, type Finding, perTime } from './finding.ts';
import { courseOf } from './offered-load.ts';
import { busyMs, ceilingOf } from './pace.ts';

type Objective = Pick<ThresholdRule, 'name' | 'metric' | 'source' | 'stat' | 'operator' | 'limit'>;

export function checkObjectives(
  config: Pick<RunConfig, 'minIterationDurationMs' | 'rps'> & {
    scenarios: readonly ScenarioPlanInput[];
    segment?: RunConfig['segment'];
  },
  rules: readonly Objective[],
): Finding[] {
  const { segment } = config;
  const own = {
    ...config,
    scenarios: config.scenarios.map((scenario) => ownPart(scenario, segment)),
    rps: config.rps * stripePart(segment),
  };
  return rules.flatMap((rule) => checkObjective(own, rule) ?? []);
}

function checkObjective(
  config: Parameters<typeof checkObjectives>[0],
  rule: Objective,
): Finding | undefined {
  const { source, stat, operator, limit } = rule;
  const counted = { iterations: 'iteration', http_reqs: 'request' }[rule.metric.name];
  if (counted === undefined || !['>', '>=', '==', '==='].includes(operator)) return undefined;
  if (stat !== 'rate' && stat !== 'count') return undefined;
  const scenarios = concerned(config.scenarios, rule.name);
  if (scenarios === undefined) return undefined;
  const more = operator === '>';
  const misses = (most: number): boolean =>
    more ? most <= limit * (1 + 1e-9) : most < limit * (1 - 1e-9);
  const wants = `the threshold '${source}' wants ${more ? 'more than' : operator.startsWith('=') ? 'exactly' : 'at least'} `;
  const path = `thresholds${/^[\w-]+$/.test(rule.name) ? `.${rule.name}` : `["${rule.name}"]`}`;

  if (counted === 'request' && stat === 'rate' && config.rps > 0 && misses(config.rps)) {
    return {
      path,
      problem: `rps allows at most ${perTime(config.rps, 1_000)}, and ${wants}${perTime(limit, 1_000)}`,
      advice:
        config.segment === undefined
          ? `write rps: ${more ? Math.floor(limit) + 1 : Math.ceil(limit)} or leave it out`
          : forAPart,
    };
  }

  const ceilings = scenarios.map((scenario) => {
    if (courseOf(scenario).peak === 0) return { perSecond: 0, count: 0 };
    const { perSecond, iterations } = ceilingOf(scenario, config.minIterationDurationMs);
    // How many requests an iteration makes at most is known only from a declaration.
    const each = counted === 'iteration' ? 1 : (scenario.callsPerIteration ?? Infinity);
    return { perSecond: perSecond * each, count: iterations * each };
  });
  const perSecond = ceilings.reduce((sum, one) => sum + one.perSecond, 0);
  const count = ceilings.reduce((sum, one) => sum + one.count, 0);
  const only = scenarios.length === 1 ? scenarios[0] : undefined;
  const who =
    only === undefined
      ? 'all scenarios together'
      : describe(only, config.minIterationDurationMs, counted === 'request');
  if (stat === 'count') {
    if (!misses(count)) return undefined;
    return {
      path,
      problem: `${who} give at most ${countOf(Math.floor(count), counted)}, and ${wants}${limit}`,
      advice:
        config.segment === undefined
          ? 'use more VUs, a longer test or shorter iterations'
          : forAPart,
    };
  }
  if (misses(perSecond)) {
    return {
      path,
      problem: `${who} give at most ${perTime(perSecond, 1_000)}, and ${wants}${perTime(limit, 1_000)}`,
      advice:
        config.segment === undefined
          ? remedy(only, config.minIterationDurationMs, limit, more, counted === 'request')
          : forAPart,
    };
  }
  // The rate a threshold sees is that of the whole run.
  const leastMs = Math.max(...config.scenarios.map(leastEndMs));
  if (leastMs > 0 && misses((count * 1_000) / leastMs)) {
    return {
      path,
      problem:
        `${who} give at most ${countOf(Math.floor(count), counted)} in ${formatDuration(leastMs)}, ` +
        `${perTime((count * 1_000) / leastMs, 1_000)} on average, and ${wants}${perTime(limit, 1_000)}`,
      advice:
        config.segment === undefined
          ? 'use more VUs, hold the load longer or shorten the iterations'
          : forAPart,
    };
  }
  return undefined;
}

/** Numbers of the whole test would mislead: they are written in the options, and the threshold is not split. */
const forAPart = 'lower the threshold to what this part of the test can give';

/** The scenarios whose samples a metric or sub-metric holds; undefined when its tags do not say. */
function concerned(
  scenarios: readonly ScenarioPlanInput[],
  metric: string,
): readonly ScenarioPlanInput[] | undefined {
  const parsed = parseMetricName(metric);
  if (parsed.problem !== undefined || parsed.suffix === undefined) return scenarios;
  if (parsed.tags.some(([tag]) => tag !== 'scenario')) return undefined;
  const found = scenarios.filter(({ name }) => parsed.tags.every(([, value]) => value === name));
  return found.length === 0 ? undefined : found;
}

/** `200 VUs with 5s per iteration` */
function describe(
  scenario: ScenarioPlanInput,
  minIterationDurationMs: number,
  withCalls: boolean,
): string {
  const busy = busyMs(scenario, minIterationDurationMs);
  const { peak } = courseOf(scenario);
  const takes = busy === undefined ? '' : ` with ${formatDuration(busy)} per iteration`;
  const calls = withCalls
    ? `${takes === '' ? ' with' : ' and'} ${countOf(scenario.callsPerIteration ?? 1, 'call')} each`
    : '';
  if (!isArrival(scenario)) return `${countOf(peak, 'VU')}${takes}${calls}`;
  const { timeUnitMs, maxVUs } = scenario;
  return `starts at ${perTime(peak, timeUnitMs)} in up to ${countOf(maxVUs, 'VU')}${takes}${calls}`;
}

function remedy(
  scenario: ScenarioPlanInput | undefined,
  minIterationDurationMs: number,
  wanted: number,
  more: boolean,
  isRequests: boolean,
): string {
  const busy = scenario && busyMs(scenario, minIterationDurationMs);
  const calls = isRequests ? (scenario?.callsPerIteration ?? 1) : 1;
  if (scenario === undefined || busy === undefined || calls === 0 || isArrival(scenario)) {
    return 'raise the load or lower the threshold';
  }
  const exactly = (wanted * busy) / 1_000 / calls;
  const vus = more ? Math.floor(exactly + 1e-9) + 1 : Math.ceil(exactly - 1e-9);
  const takes = formatDuration(Math.floor((courseOf(scenario).peak * calls * 1_000) / wanted));
  return `use ${countOf(vus, 'VU')}, or iterations ${more ? 'shorter than' : 'of at most'} ${takes}`;
}

/** The earliest a scenario can be over. */
function leastEndMs(scenario: ScenarioPlanInput): number {
  const counts =
    scenario.executor === 'per-vu-iterations' || scenario.executor === 'shared-iterations';
  return scenario.startTimeMs + (counts ? 0 : courseOf(scenario).lengthMs);
}
