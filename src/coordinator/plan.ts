/** The plan: who does what, computed before anything runs. */
import { mostAtOnce, reservedSpans, type Span } from '../executors/pacing.ts';
import { ownedRanks } from '../executors/share.ts';
import { limits } from '../limits.ts';
import type { RunConfig, ScenarioPlanInput } from '../script/config.ts';
import { isArrival, plannedVUs, regularDurationMs, scenarioVUs } from '../script/describe.ts';

export interface Plan {
  /** The most VUs of this process. */
  vus: number;
  /** How many of them are made before the run; open models may ask for the others while it lasts. */
  promised: number;
  /** By shard: the ids of its VUs, ascending. Together they are 1 … promised. */
  vuIds: number[][];
  /** By shard: ids for VUs that are made later. Together they are promised + 1 … vus. */
  furtherIds: number[][];
  /** By scenario: how its ranks are shifted when they are dealt to shards. */
  offsets: number[];
}

type Scenarios = Pick<RunConfig, 'scenarios'> & { segment?: RunConfig['segment'] };

/** One shard for each core as long as there is enough to do for it. */
export function chooseShards(config: Scenarios, cores: number): number {
  const { vus } = makePlan(config, 1);
  const perSecond = config.scenarios.reduce((sum, scenario) => sum + mostStarts(scenario), 0);
  const wanted = Math.max(vus / limits.vusPerShardMin, perSecond / limits.startsPerShardMin);
  return Math.max(1, Math.min(cores, vus, Math.ceil(wanted)));
}

/** The most iterations an open model starts in a second. */
function mostStarts(scenario: ScenarioPlanInput): number {
  if (!isArrival(scenario)) return 0;
  const rates =
    scenario.executor === 'constant-arrival-rate'
      ? [scenario.rate]
      : [scenario.startRate, ...scenario.stages.map(({ target }) => target)];
  return (Math.max(...rates) * 1_000) / scenario.timeUnitMs;
}

export function makePlan(config: Scenarios, shards: number): Plan {
  const offsets = dealtOffsets(config.scenarios, shards);
  const shares = Array.from({ length: shards }, (_, index) => index);
  const sizesOf = (vusOf: (scenario: ScenarioPlanInput) => number): number[] =>
    shares.map((index) => {
      const spans: Span[] = [];
      config.scenarios.forEach((scenario, position) => {
        const share = {
          index,
          shards,
          offset: offsets[position] as number,
          segment: config.segment,
        };
        for (const rank of ownedRanks(share, vusOf(scenario))) {
          for (const { from, to } of reservedSpans(scenario, rank)) {
            spans.push({ from: from + scenario.startTimeMs, to: to + scenario.startTimeMs });
          }
        }
      });
      return mostAtOnce(spans);
    });
  const promised = sizesOf(plannedVUs);
  const most = sizesOf(scenarioVUs);
  const vuIds = deal(promised, 1);
  const first = vuIds.reduce((sum, ids) => sum + ids.length, 0);
  const furtherIds = deal(
    most.map((size, index) => size - (promised[index] as number)),
    first + 1,
  );
  return {
    vus: first + furtherIds.reduce((sum, ids) => sum + ids.length, 0),
    promised: first,
    vuIds,
    furtherIds,
    offsets,
  };
}

/** Deals ids round, so that neighbouring ids live on different shards and every shard begins low. */
function deal(sizes: readonly number[], from: number): number[][] {
  const dealt = sizes.map((): number[] => []);
  const end = from + sizes.reduce((sum, size) => sum + size, 0);
  for (let id = from; id < end; ) {
    for (const [index, ids] of dealt.entries()) {
      if (ids.length < (sizes[index] as number)) ids.push(id++);
    }
  }
  return dealt;
}

/**
 * Each scenario's VUs are dealt on from where those of the one before ended, if the two run at the same
 * time, so that the shards have equally much to do. Scenarios that run after one another begin at the same
 * shard: else each shard would at some time be the one with a VU more, and make it for that time alone.
 */
function dealtOffsets(scenarios: readonly ScenarioPlanInput[], shards: number): number[] {
  const offsets: number[] = [];
  for (const scenario of scenarios) {
    const before = offsets.findLastIndex((_, at) =>
      overlap(scenario, scenarios[at] as ScenarioPlanInput),
    );
    const dealt =
      before < 0
        ? 0
        : (offsets[before] as number) + scenarioVUs(scenarios[before] as ScenarioPlanInput);
    offsets.push(dealt % shards);
  }
  return offsets;
}

function overlap(a: ScenarioPlanInput, b: ScenarioPlanInput): boolean {
  return a.startTimeMs < endOf(b) && b.startTimeMs < endOf(a);
}

function endOf(scenario: ScenarioPlanInput): number {
  return scenario.startTimeMs + regularDurationMs(scenario) + scenario.gracefulStopMs;
}
