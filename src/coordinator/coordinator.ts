/** From a script to a run that is ready: evaluated once, options consolidated, plan made. */
import { availableParallelism } from 'node:os';
import { defaultIdHeaders, traceIdKey } from '../attempts/contract.ts';
import { Guard } from '../citizen/guard.ts';
import { monotonicClock } from '../clock.ts';
import { formatDuration } from '../duration.ts';
import { ExitCode, problemsError, UserError } from '../errors.ts';
import { ownPart } from '../executors/part.ts';
import { readMachine } from '../health/machine.ts';
import { limits } from '../limits.ts';
import type { Metric } from '../metrics/contract.ts';
import { createRegistry } from '../metrics/registry.ts';
import { isTrendStat } from '../metrics/stat.ts';
import { parseThresholds, type Thresholds, thresholdProblems } from '../metrics/threshold.ts';
import { createOutput } from '../outputs/outputs.ts';
import type { RunConfig, ScenarioPlanInput } from '../script/config.ts';
import { describeScenarios, maxDurationMs } from '../script/describe.ts';
import { consolidate } from '../script/options.ts';
import { loaded, paced } from '../script/reshape.ts';
import type { Inspection, TestRun, TestRunRequest } from './contract.ts';
import { type Finding, findingLine } from './finding.ts';
import { LocalRun } from './local-run.ts';
import { chooseShards, makePlan, type Plan } from './plan.ts';
import { checkPlan } from './plan-check.ts';
import { type Probe, ShardGroup } from './shard-group.ts';

interface Prepared {
  group: ShardGroup;
  probe: Probe;
  config: RunConfig;
  /** As this process's segment has them. */
  ownScenarios: readonly ScenarioPlanInput[];
  thresholds: Thresholds;
  plan: Plan;
  shards: number;
  findings: readonly Finding[];
}

/** Evaluates the script once and makes the plan. Throws a UserError for all that is wrong with them. */
async function prepare(request: TestRunRequest): Promise<Prepared> {
  const group = new ShardGroup(request, monotonicClock);
  try {
    const probe = await group.probe();
    const registry = createRegistry();
    for (const { name, kind, contains } of probe.metrics) registry.define(name, kind, contains);
    const find = (name: string): Metric | undefined => registry.get(name);
    const { pace = 1, load = 1 } = request;
    const consolidated = consolidate(request.layers, probe.exports, {
      version: request.version,
      thresholdProblems: (given) => thresholdProblems(given, find),
    });
    const config: RunConfig = {
      ...consolidated,
      scenarios: consolidated.scenarios.map((one) => loaded(paced(one, pace), load)),
    };
    for (const warning of config.warnings) {
      request.log({ level: 'warning', time: Date.now(), message: warning });
    }
    // What a dial would find, too, is better found before anything runs.
    const guard = new Guard(config.target.guard ?? [], config.target.authorized);
    for (const { tokenUrl } of probe.declared.tokenClients) {
      const unasked = guard.refusal(new URL(tokenUrl).hostname);
      if (unasked !== undefined) throw new UserError(ExitCode.invalidConfig, unasked);
    }
    const thresholds = parseThresholds(config.noThresholds ? [] : config.thresholds, find);
    for (const stat of config.summaryTrendStats) {
      if (!isTrendStat(stat)) {
        throw new UserError(ExitCode.invalidConfig, `invalid trend stat '${stat}', unknown format`);
      }
    }
    const { vus } = makePlan(config, 1);
    const findings = checkPlan({ config, rules: thresholds.rules, vus }, readMachine());
    if (config.strict && findings.length > 0) {
      throw problemsError(
        ExitCode.invalidConfig,
        'The plan cannot work (strict):',
        findings.map(findingLine),
      );
    }
    for (const finding of findings) {
      request.log({ level: 'warning', time: Date.now(), message: findingLine(finding) });
    }
    const shards = Math.min(
      request.shards ?? chooseShards(config, availableParallelism()),
      limits.shards,
      Math.max(1, vus),
    );
    const plan = makePlan(config, shards);
    const ownScenarios = config.scenarios.map((scenario) => ownPart(scenario, config.segment));
    return { group, probe, config, ownScenarios, thresholds, plan, shards, findings };
  } catch (thrown) {
    await group.kill();
    throw thrown;
  }
}

/** A run that is ready to start. */
export async function createTestRun(request: TestRunRequest): Promise<TestRun> {
  const io = {
    stdout: request.stdout,
    log: request.log,
    env: request.layers.env,
    version: request.version,
  };
  // A mistake in the name of an output is found before the script is even looked at.
  const nothing = { thresholds: { rules: [], submetrics: [] }, systemTags: [], tags: {} };
  for (const spec of request.outputs) {
    await createOutput(spec, { ...io, ...nothing, idHeaders: [] });
  }
  const prepared = await prepare(request);
  const { thresholds } = prepared;
  const { systemTags, tags } = prepared.config;
  const idHeaders = [
    ...new Set([
      ...prepared.config.idHeaders.map((name) => name.toLowerCase()),
      ...defaultIdHeaders,
      traceIdKey,
    ]),
  ];
  const all = { ...io, thresholds, systemTags, tags, idHeaders };
  return new LocalRun(request, {
    ...prepared,
    description: describeScenarios({ scenarios: prepared.ownScenarios }, prepared.plan.vus),
    outputs: await Promise.all(request.outputs.map((spec) => createOutput(spec, all))),
  });
}

/** Options and plan of a script, without running it. */
export async function inspectScript(request: TestRunRequest): Promise<Inspection> {
  const { group, probe, config, plan, shards, findings } = await prepare(request);
  await group.kill();
  return {
    options: config.visibleOptions,
    givenOptions: config.givenOptions,
    openedFiles: probe.shared.files,
    plan: {
      maxVUs: plan.vus,
      totalDuration: formatDuration(maxDurationMs(config)),
      shards,
      scenarios: config.scenarios,
      findings,
    },
  };
}
