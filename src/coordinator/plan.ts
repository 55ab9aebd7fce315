/** The plan: who does what, computed before anything runs. */
import { mostAtOnce, reservedSpans, type Span } from '../executors/pacing.ts';
import { ownedRanks } from '../executors/share.ts';
import { limits } from '../limits.ts';
import type { RunConfig, ScenarioPlanInput } from '../script/config.ts';
import { regularDurationMs, scenarioVUs } from '../script/describe.ts';

export interface Plan {
  /** VUs of the whole run. */
  vus: number;
  /** By shard: the ids of its VUs, ascending. Together they are 1 … vus. */
  vuIds: number[][];
  /** By scenario: how its ranks are shifted when they are dealt to shards. */
  offsets: number[];
}

/** One shard for each core as long as there is enough to do for it. */
export function chooseShards(vus: number, cores: number): number {
  return Math.max(1, Math.min(cores, Math.ceil(vus / limits.vusPerShardMin)));
}

/** VUs needed at once, over all scenarios: VUs are lent to scenarios, not owned by them. */
export function vusNeeded(config: Pick<RunConfig, 'scenarios'>): number {
  return makePlan(config, 1).vus;
}

export function makePlan(config: Pick<RunConfig, 'scenarios'>, shards: number): Plan {
  const offsets = dealtOffsets(config.scenarios, shards);
  const sizes: number[] = [];
  for (let index = 0; index < shards; index++) {
    const spans: Span[] = [];
    config.scenarios.forEach((scenario, position) => {
      const share = { index, shards, offset: offsets[position] as number };
      for (const rank of ownedRanks(share, scenarioVUs(scenario))) {
        for (const { from, to } of reservedSpans(scenario, rank)) {
          spans.push({ from: from + scenario.startTimeMs, to: to + scenario.startTimeMs });
        }
      }
    });
    sizes.push(mostAtOnce(spans));
  }
  const vuIds = sizes.map((): number[] => []);
  const vus = sizes.reduce((sum, size) => sum + size, 0);
  // Dealt round, so that neighbouring ids live on different shards and every shard begins low.
  for (let id = 1; id <= vus; ) {
    for (const [index, ids] of vuIds.entries()) {
      if (ids.length < (sizes[index] as number)) ids.push(id++);
    }
  }
  return { vus, vuIds, offsets };
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
