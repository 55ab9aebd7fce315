/** One test run from its first VU to its last sample: init, setup, scenarios, teardown, summary. */

import { createHash } from 'node:crypto';
import type { HandledSummary } from '../../runtime/contract/ops.ts';
import { AttemptBook } from '../attempts/attempt-book.ts';
import {
  type AttemptsBatch,
  attemptKinds,
  defaultIdHeaders,
  traceIdKey,
} from '../attempts/contract.ts';
import { OpenCounts } from '../attempts/open-counts.ts';
import type { ShardFailure, ShardOrders } from '../bus/messages.ts';
import { citizenOrders } from '../citizen/citizen.ts';
import { type Clock, monotonicClock } from '../clock.ts';
import type { Diagnosis, DiagnosisInput } from '../diagnosis/contract.ts';
import { diagnose } from '../diagnosis/diagnose.ts';
import { limitOf } from '../diagnosis/discriminate.ts';
import { ExitCode, type ExitCodeNumber } from '../errors.ts';
import { thisMachine } from '../health/machine-probe.ts';
import { limits } from '../limits.ts';
import type { LogLevelName } from '../log.ts';
import type { MetricsBatch } from '../metrics/batch.ts';
import { Ledger } from '../metrics/ledger.ts';
import { ShardRecorder } from '../metrics/recorder.ts';
import { createRegistry } from '../metrics/registry.ts';
import { rootTags } from '../metrics/tag-set.ts';
import type { Thresholds } from '../metrics/threshold.ts';
import type { Output, RunEnd } from '../outputs/output.ts';
import { summaryData } from '../report/summary-data.ts';
import { type ResultBegin, resultVersion } from '../results/contract.ts';
import { resultEnd } from '../results/result-end.ts';
import { ResultWriter } from '../results/result-writer.ts';
import type { RunConfig, ScenarioPlanInput } from '../script/config.ts';
import { isArrival } from '../script/describe.ts';
import { stripePart } from '../script/segment.ts';
import type { RunProgress, RunResult, TestRun, TestRunRequest } from './contract.ts';
import { Health } from './health.ts';
import type { Plan } from './plan.ts';
import { progressOf } from './progress.ts';
import { punctualityCaveats, scheduleOf } from './punctuality.ts';
import { Recent } from './recent.ts';
import { failureCodes, type Probe, type ShardGroup } from './shard-group.ts';

interface Parts {
  group: ShardGroup;
  probe: Probe;
  config: RunConfig;
  /** As this process's segment has them. */
  ownScenarios: readonly ScenarioPlanInput[];
  thresholds: Thresholds;
  plan: Plan;
  shards: number;
  description: readonly string[];
  outputs: readonly Output[];
}

/** The coordinator's own recorder has a number no shard will ever have. */
const ownSource = -1;

export class LocalRun implements TestRun {
  readonly config: RunConfig;
  readonly description: readonly string[];
  readonly #request: TestRunRequest;
  readonly #parts: Parts;
  readonly #clock: Clock = monotonicClock;
  readonly #ledger: Ledger;
  readonly #book: AttemptBook;
  /** By shard: attempts begun and ended. */
  readonly #open: readonly SharedArrayBuffer[];
  readonly #recorder: ShardRecorder;
  readonly #registry = createRegistry();
  readonly #health: Health;
  readonly #recent = new Recent();
  readonly #result: ResultWriter | undefined;
  readonly #caveats: string[] = [];
  #phase: RunProgress['phase'] = 'init';
  #exitCode: ExitCodeNumber | undefined;
  #startedAt = Number.NaN;
  #scenariosAt = Number.NaN;
  #endedAt = Number.NaN;
  #setupJson: string | undefined;

  constructor(request: TestRunRequest, parts: Parts) {
    this.#request = request;
    this.#parts = parts;
    this.config = parts.config;
    this.description = parts.description;
    this.#ledger = new Ledger(parts.thresholds.submetrics);
    this.#book = new AttemptBook(request.seed);
    this.#open = parts.plan.vuIds.map(() => OpenCounts.row());
    this.#recorder = new ShardRecorder({
      source: ownSource,
      submetrics: parts.thresholds.submetrics,
      warn: (message) => this.#say('warning', message),
    });
    this.#health = new Health({
      clock: this.#clock,
      recorder: this.#recorder,
      builtins: this.#registry.builtins,
      tags: rootTags(parts.config.tags),
      open: new OpenCounts(this.#open, -1),
    });
    const { resultPath, onResult } = request;
    this.#result =
      resultPath === undefined && onResult === undefined
        ? undefined
        : new ResultWriter(resultPath, onResult);
    this.#recorder.keepRaw(parts.outputs.some(({ wantsRaw }) => wantsRaw === true));
  }

  async run(): Promise<RunResult> {
    const { group, outputs } = this.#parts;
    const timers: NodeJS.Timeout[] = [];
    try {
      for (const output of outputs) await output.start();
      await this.#init();
      this.#startedAt = this.#clock.now();
      this.#result?.begin(this.#resultBegin());
      const ready = await this.#setup();
      timers.push(setInterval(() => this.#recordSecond(), 1_000));
      this.#health.begin();
      if (ready) {
        timers.push(setInterval(() => this.#judge(false), limits.thresholdsMs));
        await this.#scenarios();
        await this.#teardown();
      }
      for (const timer of timers) clearInterval(timer);
      return await this.#conclude();
    } finally {
      for (const timer of timers) clearInterval(timer);
      this.#phase = 'ended';
      this.#result?.close();
      await Promise.all(outputs.map((output) => output.stop()));
      await group.kill();
    }
  }

  /** First Ctrl-C: iterations are cut off, teardown runs, the summary is made. */
  interrupt(): void {
    this.#stop(ExitCode.externalAbort);
  }

  progress(): RunProgress {
    return progressOf({
      phase: this.#phase,
      ...this.#parts,
      ledger: this.#ledger,
      now: this.#clock.now(),
      startedAt: this.#startedAt,
      scenariosAt: this.#scenariosAt,
      endedAt: this.#endedAt,
      recent: this.#recent.seconds(),
      health: this.#health.log.latest,
    });
  }

  async #init(): Promise<void> {
    const { group, config, plan, shards, probe, thresholds, outputs } = this.#parts;
    const started = config.scenarios.map((scenario) =>
      plan.vuIds.map(() => new SharedArrayBuffer(8 * (2 + ('vus' in scenario ? scenario.vus : 0)))),
    );
    const counts = plan.vuIds.map(() => new SharedArrayBuffer(8 * 8));
    const citizen = citizenOrders(probe.declared, shards, stripePart(config.segment));
    const orders = (index: number): ShardOrders => ({
      shards,
      config,
      optionsJson: JSON.stringify(config.visibleOptions),
      submetrics: thresholds.submetrics,
      keepRaw: outputs.some(({ wantsRaw }) => wantsRaw === true),
      vuIds: plan.vuIds[index] ?? [],
      furtherIds: plan.furtherIds[index] ?? [],
      shared: probe.shared,
      started: started.map((byShard) => byShard[index] as SharedArrayBuffer),
      counts,
      open: this.#open,
      keepAttempts: outputs.some(({ wantsAttempts }) => wantsAttempts === true),
      offsets: plan.offsets,
      citizen,
    });
    await group.prepare(
      orders,
      shards,
      {
        memoryBytes: config.vuMemoryLimitBytes,
        stackBytes: config.vuStackLimitBytes,
        turnMs: config.vuTurnTimeoutMs,
        initMs: limits.initMs,
      },
      {
        batch: (batch, attempts, loop) => {
          this.#merge(batch);
          this.#health.heard(loop);
          this.#mergeAttempts(attempts);
        },
        lost: (shard, source) => this.#lostShard(shard, source),
        testAbort: (reason) => {
          if (this.#exitCode === undefined) this.#say('error', reason);
          this.#stop(ExitCode.scriptAborted);
        },
        testFail: (reason) => {
          this.#say('error', `test marked as failed${reason === '' ? '' : `: ${reason}`}`);
          this.#markedAsFailed = true;
        },
        iterationFailed: (what) => {
          this.#firstFailure ??= what;
        },
        caveat: (text) => this.#caveats.push(text),
        fatal: (message, isConfig) => {
          // Many VUs meet the same end; one sentence about it is enough.
          if (this.#exitCode === undefined) this.#say('error', message);
          this.#stop(isConfig ? ExitCode.invalidConfig : ExitCode.scriptException);
        },
      },
    );
  }

  #markedAsFailed = false;
  /** How the first iteration failed that we heard of. */
  #firstFailure: string | undefined;
  #isStopped = false;

  /** Returns whether the scenarios may start. */
  async #setup(): Promise<boolean> {
    const { group, config, probe } = this.#parts;
    if (this.#exitCode !== undefined) return false;
    if (config.noSetup || !probe.exports.functions.includes('setup')) return true;
    this.#phase = 'setup';
    const { resultJson, failure } = await group.lifecycle(
      'setup',
      undefined,
      config.setupTimeoutMs,
    );
    if (failure !== undefined) {
      this.#lifecycleFailed(failure, ExitCode.setupTimeout, 'setupTimeout');
      return false;
    }
    this.#setupJson = resultJson;
    return this.#exitCode === undefined;
  }

  async #scenarios(): Promise<void> {
    this.#phase = 'running';
    // All shards begin at one instant of one clock, a moment ahead so that the word reaches them.
    this.#scenariosAt = this.#clock.now() + limits.startLeadMs + this.#hiringMs();
    const { settleMs = 0 } = this.#request;
    // What shards have recorded by then comes with their next batch, and is forgotten with the rest.
    const settled =
      settleMs > 0
        ? setTimeout(
            () => this.#settled(settleMs),
            this.#scenariosAt - this.#clock.now() + settleMs + limits.flushMs,
          )
        : undefined;
    await this.#parts.group.runScenarios(this.#scenariosAt, this.#setupJson);
    clearTimeout(settled);
  }

  /** The start is over, and what it measured is forgotten. */
  #settled(settleMs: number): void {
    this.#ledger.forget();
    this.#startedAt += settleMs + limits.flushMs;
  }

  /** An open model that begins at once has taken its VUs by then, so that its first starts are in time. */
  #hiringMs(): number {
    const { config, plan, shards } = this.#parts;
    const isOpen = config.scenarios.some((one) => isArrival(one) && one.startTimeMs === 0);
    return isOpen ? (plan.promised / shards) * limits.startLeadPerVuMs : 0;
  }

  async #teardown(): Promise<void> {
    const { group, config, probe } = this.#parts;
    if (config.noTeardown || !probe.exports.functions.includes('teardown')) return;
    this.#phase = 'teardown';
    const { failure } = await group.lifecycle(
      'teardown',
      this.#setupJson,
      config.teardownTimeoutMs,
    );
    if (failure !== undefined) {
      this.#lifecycleFailed(failure, ExitCode.teardownTimeout, 'teardownTimeout');
    }
  }

  #lifecycleFailed(failure: ShardFailure, timeoutCode: ExitCodeNumber, option: string): void {
    if (this.#exitCode !== undefined) return;
    if (failure.kind === 'timeout') {
      this.#say('error', failure.message, {
        hint: `You can increase the time limit via the ${option} option`,
      });
    } else if (failure.kind !== 'aborted') {
      this.#say('error', failure.message, { hint: 'script exception' });
    }
    this.#exitCode = failure.kind === 'timeout' ? timeoutCode : failureCodes[failure.kind];
  }

  async #conclude(): Promise<RunResult> {
    const { group, probe, config, outputs } = this.#parts;
    await group.settle();
    const totals = group.totals();
    this.#endedAt = this.#clock.now();
    const durationMs = this.#endedAt - this.#startedAt;
    this.#health.record();
    this.#mergeOwn();
    this.#judge(true);
    if (config.failOnScriptError) this.#tellFailures(totals.iterationsFailed);
    this.#caveats.push(...punctualityCaveats(this.#ledger));
    const diagnosis = this.#diagnose();
    await this.#writeResult(totals, durationMs, diagnosis);
    const result: RunResult = {
      exitCode: this.#exitCode ?? this.#normalExitCode(),
      diagnosis,
      limit: () => limitOf(this.#evidence()),
      ledger: this.#ledger,
      attempts: this.#book,
      health: this.#health.log.seconds(),
      durationMs,
      iterationsComplete: totals.iterationsComplete,
      iterationsInterrupted: totals.iterationsInterrupted,
      setupData:
        this.#setupJson === undefined ? undefined : (JSON.parse(this.#setupJson) as unknown),
      handledSummary: undefined,
      caveats: this.#caveats,
    };
    if (probe.exports.functions.includes('handleSummary')) {
      result.handledSummary = await this.#handleSummary(result, config);
    }
    await group.finish();
    for (const output of outputs) output.conclude?.(this.#runEnd(result));
    await Promise.all(outputs.map((output) => output.stop()));
    for (const { problem } of outputs) {
      if (problem !== undefined) this.#caveats.push(problem);
    }
    return result;
  }

  #runEnd({ ledger, durationMs, exitCode, attempts, diagnosis, ...result }: RunResult): RunEnd {
    return {
      scriptName: this.#request.scriptName,
      startedAt: this.#clock.wall(this.#startedAt),
      durationMs,
      exitCode,
      iterationsComplete: result.iterationsComplete,
      iterationsInterrupted: result.iterationsInterrupted,
      ledger,
      trendStats: this.config.summaryTrendStats,
      diagnosis: attempts.ended() === 0 ? undefined : diagnosis,
      caveats: result.caveats,
    };
  }

  /** The verdict; those the user named mark the run as failed. */
  #diagnose(): Diagnosis {
    const { failOn } = this.#request;
    const diagnosis = diagnose(this.#evidence());
    const told = [...diagnosis.verdicts, ...diagnosis.further];
    for (const { subject, title } of told.filter((verdict) => failOn.includes(verdict.subject))) {
      this.#say('error', `--fail-on ${subject}: ${title}`);
      this.#markedAsFailed = true;
    }
    if (failOn.includes('unexplained') && diagnosis.explained < diagnosis.failures) {
      const count = diagnosis.failures - diagnosis.explained;
      this.#say('error', `--fail-on unexplained: ${count} failures that no verdict accounts for`);
      this.#markedAsFailed = true;
    }
    return diagnosis;
  }

  #resultBegin(): ResultBegin {
    const { request, parts } = { request: this.#request, parts: this.#parts };
    return {
      kind: 'begin',
      version: resultVersion,
      startedAt: this.#clock.wall(this.#startedAt),
      vurun: request.version,
      script: {
        name: request.scriptName,
        hash: createHash('sha256').update(request.program.code).digest('hex'),
      },
      seed: request.seed,
      options: parts.config.visibleOptions,
      description: parts.description,
      vus: parts.plan.vus,
      shards: parts.shards,
      timeScale: request.timeScale,
      environment: thisMachine(),
    };
  }

  async #writeResult(
    totals: ReturnType<ShardGroup['totals']>,
    durationMs: number,
    diagnosis: Diagnosis,
  ): Promise<void> {
    if (this.#result === undefined) return;
    this.#result.second(durationMs, this.#health.log.latest);
    await this.#result.end(
      resultEnd({
        ledger: this.#ledger,
        book: this.#book,
        trendStats: this.config.summaryTrendStats,
        durationMs,
        exitCode: this.#exitCode ?? (this.#markedAsFailed ? ExitCode.markedAsFailed : ExitCode.ok),
        iterationsComplete: totals.iterationsComplete,
        iterationsInterrupted: totals.iterationsInterrupted,
        diagnosis,
        caveats: this.#caveats,
      }),
    );
    if (this.#result.problem !== undefined) this.#caveats.push(this.#result.problem);
  }

  /** What the diagnosis is made from. */
  #evidence(): DiagnosisInput {
    return {
      attempts: this.#book,
      seconds: this.#health.log.seconds(),
      schedule: scheduleOf(this.#ledger),
      vus: this.#parts.plan.vus,
      idHeaders: [...defaultIdHeaders, ...this.config.idHeaders, traceIdKey],
      tokensPerUser: this.#parts.probe.declared.tokenClients.some((one) => one.kind === 'perUser'),
      timeScale: this.#request.timeScale,
    };
  }

  #tellFailures(failed: number): void {
    if (failed === 0) return;
    const iterations = failed === 1 ? '1 iteration' : `${failed} iterations`;
    const first = this.#firstFailure ?? 'unknown: its shard was lost';
    this.#say(
      'error',
      `${iterations} failed in the script (failOnScriptError); the first: ${first}`,
    );
    this.#scriptFailed = true;
  }
  #scriptFailed = false;

  /** Of a run that nothing cut short and whose thresholds hold. */
  #normalExitCode(): ExitCodeNumber {
    if (this.#markedAsFailed) return ExitCode.markedAsFailed;
    return this.#scriptFailed ? ExitCode.scriptException : ExitCode.ok;
  }

  async #handleSummary(result: RunResult, config: RunConfig): Promise<RunResult['handledSummary']> {
    const { isStdOutTty, isStdErrTty, noColor } = this.#request;
    const data = summaryData({
      ledger: result.ledger,
      durationMs: result.durationMs,
      trendStats: config.summaryTrendStats,
      timeUnit: config.summaryTimeUnit,
      setupData: result.setupData,
      isStdOutTty,
      isStdErrTty,
      noColor,
    });
    const { resultJson, failure } = await this.#parts.group.lifecycle(
      'handleSummary',
      JSON.stringify(data),
      config.handleSummaryTimeoutMs,
    );
    if (failure !== undefined) {
      // As in k6, the exit code does not change: the default summary takes its place.
      this.#say('error', failure.message);
      return undefined;
    }
    if (resultJson === undefined) return undefined;
    return Object.fromEntries(
      Object.entries(JSON.parse(resultJson) as HandledSummary).map(([file, content]) => [
        file,
        typeof content === 'string' ? content : Uint8Array.from(content),
      ]),
    );
  }

  #stop(exitCode: ExitCodeNumber): void {
    this.#exitCode ??= exitCode;
    // Once: what follows, teardown above all, is not to be cut off by the same cause again.
    if (this.#isStopped) return;
    this.#isStopped = true;
    this.#parts.group.abort();
  }

  #say(level: LogLevelName, message: string, fields?: Record<string, string>): void {
    this.#request.log({
      level,
      time: Date.now(),
      message,
      ...(fields === undefined ? {} : { fields }),
    });
  }

  // -- numbers -------------------------------------------------------------------------------------

  #merge(batch: MetricsBatch): void {
    this.#ledger.merge(batch);
    this.#result?.add(batch);
    if (batch.source !== ownSource) this.#recent.add(batch);
    for (const output of this.#parts.outputs) output.add?.(batch);
  }

  #mergeAttempts(batch: AttemptsBatch): void {
    this.#book.merge(batch);
    this.#result?.addAttempts(batch);
    for (const output of this.#parts.outputs) output.addAttempts?.(batch);
  }

  /** What a shard had under way, or had not told yet, ends with it. */
  #lostShard(shard: number, source: number): void {
    const row = this.#open[shard];
    if (row === undefined) return;
    const now = this.#clock.wall(this.#clock.now());
    for (const kind of attemptKinds) {
      const lost = this.#book.lost(source, kind, OpenCounts.close(row, kind), now);
      if (lost === undefined) continue;
      this.#result?.addAttempts(lost);
      for (const output of this.#parts.outputs) output.addAttempts?.(lost);
    }
  }

  #mergeOwn(): void {
    this.#merge(this.#recorder.flush());
  }

  /** k6's vus and vus_max: once a second, whatever the shards, and with the run's tags alone. */
  #recordSecond(): void {
    this.#health.record();
    this.#recordVus();
    this.#mergeOwn();
    this.#result?.second(this.#clock.now() - this.#startedAt, this.#health.log.latest);
  }

  #recordVus(): void {
    const { group, config } = this.#parts;
    const { vusActive, vusInitialized, socketsOpen } = group.totals();
    const wall = this.#clock.wall(this.#clock.now());
    const tags = rootTags(config.tags);
    // A test without WebSockets has no use for a row of zeros.
    if (socketsOpen > 0 || this.#book.ended('ws') > 0) {
      this.#recorder.add(this.#registry.builtins.ws_open, tags, socketsOpen, wall);
    }
    this.#recorder.add(this.#registry.builtins.vus, tags, vusActive, wall);
    this.#recorder.add(this.#registry.builtins.vus_max, tags, vusInitialized, wall);
  }

  #judge(final: boolean): void {
    const { thresholds } = this.#parts;
    const elapsed = (final ? this.#endedAt : this.#clock.now()) - this.#startedAt;
    this.#ledger.setElapsed(elapsed);
    const verdict = thresholds.evaluate(this.#ledger, elapsed, final);
    if (verdict.abort) this.#stop(ExitCode.thresholdsFailed);
    else if (final && verdict.crossed.length > 0) this.#exitCode ??= ExitCode.thresholdsFailed;
  }
}
