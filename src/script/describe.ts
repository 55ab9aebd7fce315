/** A run's plan in words, before it begins. */
import { formatDuration } from '../duration.ts';
import type { RunConfig, ScenarioPlanInput } from './config.ts';

/** Milliseconds from a scenario's own start to its regular end. */
export function regularDurationMs(scenario: ScenarioPlanInput): number {
  switch (scenario.executor) {
    case 'constant-vus':
      return scenario.durationMs;
    case 'ramping-vus':
      return scenario.stages.reduce((sum, stage) => sum + stage.durationMs, 0);
    case 'per-vu-iterations':
    case 'shared-iterations':
      return scenario.maxDurationMs;
  }
}

/** The most VUs a scenario uses at once. */
export function scenarioVUs(scenario: ScenarioPlanInput): number {
  if (scenario.executor !== 'ramping-vus') return scenario.vus;
  return scenario.stages.reduce((most, stage) => Math.max(most, stage.target), scenario.startVUs);
}

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
  }
}
