/** A run's plan in words, before it begins. */
import { formatDuration } from '../duration.ts';
import type { ArrivalPlanInput, RunConfig, ScenarioPlanInput } from './config.ts';

/** Milliseconds from a scenario's own start to its regular end. */
export function regularDurationMs(scenario: ScenarioPlanInput): number {
  switch (scenario.executor) {
    case 'constant-vus':
    case 'constant-arrival-rate':
      return scenario.durationMs;
    case 'ramping-vus':
    case 'ramping-arrival-rate':
      return scenario.stages.reduce((sum, stage) => sum + stage.durationMs, 0);
    case 'per-vu-iterations':
    case 'shared-iterations':
      return scenario.maxDurationMs;
  }
}

/** The most VUs a scenario uses at once. */
export function scenarioVUs(scenario: ScenarioPlanInput): number {
  if (isArrival(scenario)) return scenario.maxVUs;
  if (scenario.executor !== 'ramping-vus') return scenario.vus;
  return scenario.stages.reduce((most, stage) => Math.max(most, stage.target), scenario.startVUs);
}

/** The most VUs a scenario is given before it starts; an open model may ask for more while it runs. */
export function plannedVUs(scenario: ScenarioPlanInput): number {
  return isArrival(scenario) ? scenario.preAllocatedVUs : scenarioVUs(scenario);
}

/** Whether iterations start by schedule (the open model) and not as VUs become free. */
export function isArrival(scenario: ScenarioPlanInput): scenario is ArrivalPlanInput {
  return 'maxVUs' in scenario;
}

/** `50.00 iterations/s`, `300.00 iterations/m`. */
export function formatRate(rate: number, timeUnitMs: number): string {
  const unit = unitNames[timeUnitMs] ?? formatDuration(timeUnitMs);
  return `${rate.toFixed(2)} iterations/${unit}`;
}
const unitNames: Readonly<Record<number, string>> = { 1_000: 's', 60_000: 'm', 3_600_000: 'h' };

/** Milliseconds from the start of the test until its last scenario has to be over. */
export function maxDurationMs(config: Pick<RunConfig, 'scenarios'>): number {
  return Math.max(0, ...config.scenarios.map(endMs));
}

function endMs(scenario: ScenarioPlanInput): number {
  return scenario.startTimeMs + regularDurationMs(scenario) + scenario.gracefulStopMs;
}

/** The lines under `scenarios:` of a run's banner, the first one the headline with all `vus`. */
export function describeScenarios(config: Pick<RunConfig, 'scenarios'>, vus: number): string[] {
  const count = config.scenarios.length;
  const sorted = [...config.scenarios].sort(
    (a, b) => a.startTimeMs - b.startTimeMs || (a.name < b.name ? -1 : 1),
  );
  return [
    `(100.00%) ${count} scenario${count === 1 ? '' : 's'}, ${vus} max VUs, ` +
      `${formatDuration(maxDurationMs(config))} max duration (incl. graceful stop):`,
    ...sorted.map((scenario) => `* ${scenario.name}: ${describeScenario(scenario)}`),
  ];
}

function describeScenario(scenario: ScenarioPlanInput): string {
  const [what, ...extra] = work(scenario);
  if (scenario.exec !== 'default') extra.push(`exec: ${scenario.exec}`);
  if (scenario.startTimeMs > 0) extra.push(`startTime: ${formatDuration(scenario.startTimeMs)}`);
  if (scenario.gracefulStopMs > 0) {
    extra.push(`gracefulStop: ${formatDuration(scenario.gracefulStopMs)}`);
  }
  return extra.length === 0 ? what : `${what} (${extra.join(', ')})`;
}

/** What a scenario does, and what else is to be said of its kind. */
function work(scenario: ScenarioPlanInput): [string, ...string[]] {
  const time = formatDuration(regularDurationMs(scenario));
  switch (scenario.executor) {
    case 'constant-vus':
      return [`${scenario.vus} looping VUs for ${time}`];
    case 'ramping-vus':
      return [
        `Up to ${scenarioVUs(scenario)} looping VUs for ${time} over ${scenario.stages.length} stages`,
        `gracefulRampDown: ${formatDuration(scenario.gracefulRampDownMs)}`,
      ];
    case 'per-vu-iterations':
      return [
        `${scenario.iterations} iterations for each of ${scenario.vus} VUs`,
        `maxDuration: ${time}`,
      ];
    case 'shared-iterations':
      return [
        `${scenario.iterations} iterations shared among ${scenario.vus} VUs`,
        `maxDuration: ${time}`,
      ];
    case 'constant-arrival-rate':
      return [
        `${formatRate(scenario.rate, scenario.timeUnitMs)} for ${time}`,
        ...describeArrivals(scenario),
      ];
    case 'ramping-arrival-rate': {
      const most = Math.max(scenario.startRate, ...scenario.stages.map(({ target }) => target));
      const { length } = scenario.stages;
      return [
        `Up to ${formatRate(most, scenario.timeUnitMs)} for ${time} over ${length} stage${length === 1 ? '' : 's'}`,
        ...describeArrivals(scenario),
      ];
    }
  }
}

function describeArrivals({ preAllocatedVUs, maxVUs, whenBusy }: ArrivalPlanInput): string[] {
  const vus = preAllocatedVUs === maxVUs ? `${maxVUs}` : `${preAllocatedVUs}-${maxVUs}`;
  return [`maxVUs: ${vus}`, ...(whenBusy === 'wait' ? ['whenBusy: wait'] : [])];
}
