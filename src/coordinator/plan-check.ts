/**
 * What cannot work, said by arithmetic before anything runs: Little's law, declared limits, and what the machine has.
 * Only declared numbers are used; where one is missing, nothing is said.
 */
import { formatDuration } from '../duration.ts';
import type { Machine } from '../health/machine.ts';
import { limits } from '../limits.ts';
import type { ThresholdRule } from '../metrics/threshold.ts';
import { formatBytes } from '../report/units.ts';
import type { ArrivalPlanInput, RunConfig, ScenarioPlanInput } from '../script/config.ts';
import { isArrival } from '../script/describe.ts';
import { countOf, type Finding, pathOf, perTime, writable } from './finding.ts';
import { checkLimit } from './limit-check.ts';
import { checkObjectives } from './objective-check.ts';
import { courseOf, mostStarts } from './offered-load.ts';
import { busyMs, finishable, wantedIterations } from './pace.ts';

export interface CheckedPlan {
  config: Pick<
    RunConfig,
    'minIterationDurationMs' | 'rps' | 'target' | 'noConnectionReuse' | 'localAddresses'
  > & { scenarios: readonly ScenarioPlanInput[]; segment?: RunConfig['segment'] };
  /** The thresholds' rules. */
  rules: readonly Pick<
    ThresholdRule,
    'name' | 'metric' | 'source' | 'stat' | 'operator' | 'limit'
  >[];
  /** VUs needed at once. */
  vus: number;
}

/** Everything found, in the order of the options. */
export function checkPlan({ config, rules, vus }: CheckedPlan, machine: Machine): Finding[] {
  const { scenarios, minIterationDurationMs } = config;
  return [
    ...scenarios.flatMap((scenario) => [
      ...checkEnd(scenario, minIterationDurationMs),
      ...(isArrival(scenario) ? checkPool(scenario, minIterationDurationMs) : []),
    ]),
    ...checkObjectives(config, rules),
    ...checkLimit(config),
    ...checkMachine(config, vus, machine),
  ];
}

/** Whether iterations can be done before the scenario is over. */
function checkEnd(scenario: ScenarioPlanInput, minIterationDurationMs: number): Finding[] {
  if (scenario.executor === 'per-vu-iterations' || scenario.executor === 'shared-iterations') {
    return checkCount(scenario, minIterationDurationMs);
  }
  const { iterationTakesMs: takes, gracefulStopMs: grace } = scenario;
  if (takes === undefined) return [];
  const findings: Finding[] = [];
  const { lengthMs } = courseOf(scenario);
  if (takes > lengthMs + grace) {
    findings.push({
      path: pathOf(scenario, 'iterationTakes'),
      problem:
        `an iteration takes ${formatDuration(takes)}, and the scenario is over after ${formatDuration(lengthMs)} ` +
        `and a gracefulStop of ${formatDuration(grace)}: none can finish`,
      advice: `let it run longer, or write gracefulStop: '${writable(takes)}'`,
    });
  } else if (grace > 0 && takes > grace) {
    findings.push(cutOff(scenario, 'gracefulStop', takes, grace, 'at the end'));
  }
  if (scenario.executor === 'ramping-vus') {
    const { startVUs, stages, gracefulRampDownMs: patience } = scenario;
    const goesDown = stages.some(({ target }, i) => target < (stages[i - 1]?.target ?? startVUs));
    if (goesDown && patience > 0 && takes > patience) {
      findings.push(cutOff(scenario, 'gracefulRampDown', takes, patience, 'when VUs ramp down'));
    }
  }
  return findings;
}

function cutOff(
  scenario: ScenarioPlanInput,
  field: string,
  takesMs: number,
  graceMs: number,
  when: string,
): Finding {
  return {
    path: pathOf(scenario, field),
    problem: `an iteration takes ${formatDuration(takesMs)}, and those under way ${when} are cut off after ${formatDuration(graceMs)}`,
    advice: `write ${field}: '${writable(takesMs)}', or '0s' if that is meant`,
  };
}

function checkCount(
  scenario: Extract<ScenarioPlanInput, { executor: 'per-vu-iterations' | 'shared-iterations' }>,
  minIterationDurationMs: number,
): Finding[] {
  const busy = busyMs(scenario, minIterationDurationMs);
  if (busy === undefined) return [];
  const { vus, maxDurationMs, gracefulStopMs } = scenario;
  const wanted = wantedIterations(scenario);
  const each = finishable(scenario, busy);
  if (wanted <= vus * each) return [];
  const needs = writable(Math.ceil(wanted / vus) * busy);
  const fewer =
    scenario.executor === 'shared-iterations' && each > 0
      ? ` or use ${countOf(Math.ceil(wanted / each), 'VU')}`
      : '';
  return [
    {
      path: pathOf(scenario, 'maxDuration'),
      problem:
        `${countOf(wanted, 'iteration')} of ${formatDuration(busy)} by ${countOf(vus, 'VU')} take ${needs}, and a maxDuration of ` +
        `${formatDuration(maxDurationMs)} with a gracefulStop of ${formatDuration(gracefulStopMs)} is enough for ${vus * each}`,
      advice: `write maxDuration: '${needs}'${fewer}`,
    },
  ];
}

/** Little's law: so many VUs are busy as iterations start in the time that one takes. */
function checkPool(scenario: ArrivalPlanInput, minIterationDurationMs: number): Finding[] {
  const busy = busyMs(scenario, minIterationDurationMs);
  if (busy === undefined) return [];
  const { maxVUs, preAllocatedVUs, timeUnitMs, whenBusy } = scenario;
  const needed = Math.ceil(mostStarts(scenario, busy) - 1e-6);
  const keeps =
    `starts at up to ${perTime(courseOf(scenario).peak, timeUnitMs)} with ${formatDuration(busy)} per iteration ` +
    `keep ${countOf(needed, 'VU')} busy`;
  if (needed > maxVUs) {
    return [
      {
        path: pathOf(scenario, 'maxVUs'),
        problem:
          `${keeps}, and maxVUs is ${maxVUs}, which gives at most ${perTime((maxVUs * 1_000) / busy, 1_000)}: ` +
          `the other iterations ${whenBusy === 'wait' ? 'start late' : 'are dropped'}`,
        advice: `write maxVUs: ${needed} or shorten the iterations`,
      },
    ];
  }
  if (needed <= preAllocatedVUs) return [];
  return [
    {
      path: pathOf(scenario, 'preAllocatedVUs'),
      problem: `${keeps}, and preAllocatedVUs is ${preAllocatedVUs}: the other ${needed - preAllocatedVUs} are made in the middle of the test`,
      advice: `write preAllocatedVUs: ${needed}`,
    },
  ];
}

/** A VU that speaks with a target keeps a connection to it, and always weighs something. */
function checkMachine(config: CheckedPlan['config'], vus: number, machine: Machine): Finding[] {
  const { openFiles, localPorts, freeMemoryBytes } = machine;
  const findings: Finding[] = [];
  const find = (path: string, problem: string, advice: string): void => {
    findings.push({ path, problem, advice });
  };
  // Without reuse, connections come and go, and how many there are at once is not known.
  if (!config.noConnectionReuse) {
    const files = vus + limits.ownFiles;
    if (openFiles !== undefined && files > openFiles) {
      find(
        'scenarios',
        `${countOf(vus, 'VU')} with a connection each need at least ${files} open files, and this process may have ${openFiles}`,
        `raise the limit (ulimit -n ${files}) or use at most ${countOf(Math.max(0, openFiles - limits.ownFiles), 'VU')}`,
      );
    }
    const addresses = Math.max(1, config.localAddresses.length);
    if (localPorts !== undefined && vus > localPorts * addresses) {
      find(
        config.localAddresses.length > 0 ? 'localIPs' : 'scenarios',
        `${countOf(vus, 'VU')} with a connection each to one target need at least as many local ports, and there are ${localPorts * addresses}`,
        `connect from ${Math.ceil(vus / localPorts)} addresses (localIPs) or widen net.ipv4.ip_local_port_range`,
      );
    }
  }
  const weight = vus * limits.vuFootprintBytes;
  if (freeMemoryBytes !== undefined && weight > freeMemoryBytes) {
    find(
      'scenarios',
      `${countOf(vus, 'VU')} take at least ${formatBytes(weight)} of memory, and ${formatBytes(freeMemoryBytes)} are free`,
      `use at most ${countOf(Math.floor(freeMemoryBytes / limits.vuFootprintBytes), 'VU')} or a machine with more memory`,
    );
  }
  return findings;
}
