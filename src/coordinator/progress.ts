/** The run as the live view shows it. */
import { rateAt } from '../executors/schedule.ts';
import type { HealthSecond } from '../health/contract.ts';
import type { Ledger } from '../metrics/ledger.ts';
import { formatShare, formatTime } from '../report/units.ts';
import type { ScenarioPlanInput } from '../script/config.ts';
import { isArrival, regularDurationMs, scenarioVUs } from '../script/describe.ts';
import type { RunProgress, ScenarioProgress, ScenarioState } from './contract.ts';
import type { Plan } from './plan.ts';
import type { RecentSeconds } from './recent.ts';
import type { ShardGroup } from './shard-group.ts';

interface Standing {
  phase: RunProgress['phase'];
  group: ShardGroup;
  ownScenarios: readonly ScenarioPlanInput[];
  plan: Plan;
  ledger: Ledger;
  now: number;
  startedAt: number;
  scenariosAt: number;
  endedAt: number;
  recent: RecentSeconds;
  health: HealthSecond | undefined;
}

export function progressOf(standing: Standing): RunProgress {
  const { group, ownScenarios, ledger, plan, startedAt } = standing;
  const now = Number.isNaN(standing.endedAt) ? standing.now : standing.endedAt;
  const elapsedMs = Number.isNaN(startedAt) ? 0 : now - startedAt;
  const totals = group.totals();
  const failed = rate(ledger, 'http_req_failed');
  const checks = rate(ledger, 'checks');
  const sessions = ledger.series('ws_sessions');
  const sum = (series: typeof sessions): number => series.reduce((all, one) => all + one.sum, 0);
  const duration = ledger.metric('http_req_duration');
  const p95 =
    duration === undefined || duration.empty ? undefined : duration.values(['p(95)'])['p(95)'];
  return {
    phase: standing.phase,
    elapsedMs,
    vusActive: totals.vusActive,
    vusInitialized: totals.vusInitialized,
    // More than were promised may have been made since.
    vusMax: Math.max(plan.promised, totals.vusInitialized),
    iterationsComplete: totals.iterationsComplete,
    iterationsInterrupted: totals.iterationsInterrupted,
    iterationsFailed: totals.iterationsFailed,
    iterationsPerSecond: elapsedMs > 0 ? (totals.iterationsComplete * 1_000) / elapsedMs : 0,
    socketsOpen: totals.socketsOpen,
    httpReqs: sum(ledger.series('http_reqs')),
    httpFailed: failed.passes,
    // 0 means that nothing was ever answered: no latency to show.
    httpP95: p95 === 0 ? undefined : p95,
    wsSessions: sum(sessions),
    // Refused, or lost after they had opened.
    wsFailed:
      sum(sessions.filter(({ tags }) => tags['status'] !== '101')) +
      sum(ledger.series('ws_sessions_lost')),
    checksPassed: checks.passes,
    checksFailed: checks.fails,
    recent: standing.recent,
    warnings: warningsOf(standing.health),
    scenarios: ownScenarios.map((scenario, position) =>
      scenarioProgress(scenario, group.reports(position), now - standing.scenariosAt),
    ),
  };
}

function rate(ledger: Ledger, name: string): { passes: number; fails: number } {
  const view = ledger.metric(name);
  const values = view === undefined || view.empty ? {} : view.values([]);
  return { passes: values['passes'] ?? 0, fails: values['fails'] ?? 0 };
}

function scenarioProgress(
  scenario: ScenarioPlanInput,
  reports: ReturnType<ShardGroup['reports']>,
  sinceStart: number,
): ScenarioProgress {
  const durationMs = regularDurationMs(scenario);
  const elapsed = Number.isNaN(sinceStart) ? 0 : sinceStart - scenario.startTimeMs;
  const iterationsDone = reports.reduce((all, report) => all + report.iterationsDone, 0);
  const total =
    scenario.executor === 'shared-iterations'
      ? scenario.iterations
      : scenario.executor === 'per-vu-iterations'
        ? scenario.iterations * scenario.vus
        : undefined;
  const state = stateOf(reports.map((report) => report.state));
  const inTime = Math.min(1, Math.max(0, elapsed / Math.max(1, durationMs)));
  return {
    name: scenario.name,
    executor: scenario.executor,
    state,
    progress:
      state === 'done' ? 1 : total === undefined ? inTime : iterationsDone / Math.max(1, total),
    vusActive: reports.reduce((all, report) => all + report.vusActive, 0),
    vusMax: scenarioVUs(scenario),
    rate: isArrival(scenario) ? rateAt(scenario, Math.max(0, elapsed)) : undefined,
    timeUnitMs: isArrival(scenario) ? scenario.timeUnitMs : 0,
    behindMs: Math.max(0, ...reports.map(({ behindMs }) => behindMs)),
    elapsedMs: Math.min(Math.max(0, elapsed), durationMs),
    durationMs,
    waitMs: Math.max(0, -elapsed),
    iterationsDone,
    iterationsTotal: total,
  };
}

/** A scenario is as far as the shard that is least far. */
function stateOf(states: readonly ScenarioState[]): ScenarioState {
  if (states.includes('running')) return 'running';
  if (states.includes('interrupted')) return 'interrupted';
  if (states.length > 0 && states.every((state) => state === 'done')) return 'done';
  return states.includes('done') ? 'running' : 'waiting';
}

/** What is wrong with the generator right now. */
function warningsOf(health: HealthSecond | undefined): string[] {
  if (health === undefined) return [];
  const { delayP99, utilization, throttled = 0, files, fileLimit, gcMax } = health;
  const warnings: string[] = [];
  if (delayP99 >= 50) warnings.push(`event loop late by ${formatTime(delayP99)}`);
  else if (utilization >= 0.95) warnings.push(`event loop ${formatShare(utilization)} busy`);
  if (throttled > 0) warnings.push('held back by its control group');
  if (gcMax >= 100) warnings.push(`paused ${formatTime(gcMax)} to collect garbage`);
  if (files !== undefined && fileLimit !== undefined && files > 0.8 * fileLimit) {
    warnings.push(`${files} of ${fileLimit} open files`);
  }
  return warnings;
}
