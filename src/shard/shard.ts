/**
 * One shard: its share of the plan, its VUs, its recorder. It knows nothing of the thread it runs in;
 * `worker.ts` connects it to the coordinator.
 */

import { AttemptLog } from '../attempts/attempt-log.ts';
import { defaultIdHeaders } from '../attempts/contract.ts';
import type {
  FromShard,
  LifecycleName,
  ShardBirth,
  ShardFailure,
  ShardOrders,
  ShardPulse,
  ToShard,
} from '../bus/messages.ts';
import { Citizen, citizenOrders } from '../citizen/citizen.ts';
import { Guard } from '../citizen/guard.ts';
import { type Clock, monotonicClock } from '../clock.ts';
import { formatDuration } from '../duration.ts';
import { messageOf, UserError } from '../errors.ts';
import type { ScenarioReport } from '../executors/contract.ts';
import { runScenario } from '../executors/executors.ts';
import { Halt } from '../executors/halt.ts';
import type { LoopHealth } from '../health/contract.ts';
import { LoopProbe } from '../health/loop-probe.ts';
import { ownThread } from '../health/thread-cpu.ts';
import { limits } from '../limits.ts';
import type { BuiltinName, TagSet } from '../metrics/contract.ts';
import { ShardRecorder } from '../metrics/recorder.ts';
import { createRegistry } from '../metrics/registry.ts';
import { rootTags } from '../metrics/tag-set.ts';
import type { ProtocolSettings } from '../protocols/contract.ts';
import { protocols } from '../protocols/protocols.ts';
import { type Master, Template } from '../sandbox/template.ts';
import type { RunConfig, ScenarioPlanInput } from '../script/config.ts';
import { regularDurationMs } from '../script/describe.ts';
import { bundleName } from '../script/program.ts';
import { redactor } from '../script/secrets.ts';
import { stripeElement, stripePart } from '../script/segment.ts';
import { createStackMapper, type StackMapper } from '../script/stack.ts';
import type { ScenarioContext, ShardCounts, SharedData, VuEnvironment } from '../vu/contract.ts';
import { forkRule } from '../vu/fork-rule.ts';
import { Turns } from '../vu/turns.ts';
import { InitFailure, LifecycleFailure, LifecycleTimeout, Vu } from '../vu/vu.ts';
import { LogQuota } from './log-quota.ts';
import { fetchSharedToken } from './token-runner.ts';
import { VuPool } from './vu-pool.ts';

export class Shard {
  readonly #birth: ShardBirth;
  readonly #post: (message: FromShard) => void;
  readonly #clock: Clock = monotonicClock;
  readonly #log: LogQuota;
  readonly #redact: (text: string) => string;
  readonly #registry = createRegistry();
  readonly #shared: SharedData = {
    arrays: new Map(),
    files: new Map(),
    limiters: [],
    tokenClients: [],
    locked: false,
  };
  readonly #counts: ShardCounts = {
    iterationsComplete: 0,
    iterationsInterrupted: 0,
    iterationsFailed: 0,
    vusActive: 0,
    vusInitialized: 0,
  };
  readonly #gauges = { httpInFlight: 0, wsOpen: 0, wsConnecting: 0 };
  readonly #loop = new LoopProbe();
  readonly #turns = new Turns(this.#clock);
  readonly #abort = new Halt();
  #recorder: ShardRecorder;
  #attempts: AttemptLog;
  #orders: ShardOrders | undefined;
  #env: VuEnvironment;
  #pool: VuPool | undefined;
  #reports: ScenarioReport[] = [];
  #startedAt = Number.NaN;
  #timers: NodeJS.Timeout[] = [];
  #toldFailure = false;
  #abortReason: string | undefined;
  #stalls = 0;
  #stalledMs = 0;
  #mapper: StackMapper | undefined;
  #masterTold = false;
  #lifecycle: { name: LifecycleName; vu: Vu } | undefined;

  constructor(birth: ShardBirth, post: (message: FromShard) => void) {
    this.#birth = birth;
    this.#post = post;
    this.#redact = redactor(birth.secrets);
    this.#log = new LogQuota(this.#clock, (lines) => post({ kind: 'log', lines }));
    this.#recorder = this.#newRecorder([]);
    this.#attempts = this.#newAttempts([], [], false);
    this.#env = this.#environment(birth.guestLimits, defaultSettings, {}, () => '{}');
  }

  /** Answers one message of the coordinator. */
  async handle(message: ToShard): Promise<void> {
    switch (message.kind) {
      case 'probe':
        return this.#probe();
      case 'prepare':
        return this.#prepare(message.orders, message.master);
      case 'lifecycle':
        return this.#runLifecycle(message.name, message.dataJson, message.timeoutMs);
      case 'start':
        return this.#start(message.at, message.dataJson);
      case 'fetchToken':
        return this.#fetchToken(message.client);
      case 'token':
        this.#env.citizen.tokenNews(message.client, message.news);
        return undefined;
      case 'abort':
        // teardown() and handleSummary() still have to run.
        if (this.#lifecycle?.name === 'setup') this.#lifecycle.vu.interrupt();
        this.#abort.call();
        return undefined;
      case 'settle':
        return this.#settle();
      case 'finish':
        this.#log.close();
        this.#post({ kind: 'finished' });
        return undefined;
    }
  }

  async #probe(): Promise<void> {
    try {
      const vu = await Vu.create(this.#env, 0);
      const { exports } = vu;
      vu.dispose();
      this.#shared.locked = true;
      const builtins = new Set(Object.keys(this.#registry.builtins));
      this.#post({
        kind: 'probed',
        exports,
        metrics: this.#registry
          .all()
          .filter(({ name }) => !builtins.has(name))
          .map(({ name, kind, contains }) => ({ name, kind, contains })),
        shared: {
          arrays: [...this.#shared.arrays],
          files: [...this.#shared.files],
        },
        declared: {
          limiters: this.#shared.limiters,
          tokenClients: this.#shared.tokenClients,
        },
      });
    } catch (thrown) {
      this.#post({ kind: 'failed', failure: this.#failureOf(thrown) });
    }
  }

  async #prepare(orders: ShardOrders, master: Master | undefined): Promise<void> {
    this.#orders = orders;
    this.#adopt(orders);
    const { config } = orders;
    this.#recorder = this.#newRecorder(orders.submetrics);
    this.#recorder.keepRaw(orders.keepRaw);
    this.#attempts = this.#newAttempts(orders.open, config.idHeaders, orders.keepAttempts);
    this.#env = this.#environment(
      {
        memoryBytes: config.vuMemoryLimitBytes,
        stackBytes: config.vuStackLimitBytes,
        turnMs: config.vuTurnTimeoutMs,
        initMs: limits.initMs,
      },
      settingsOf(config, orders.shards, (message) =>
        this.#post({ kind: 'fatal', message, config: true }),
      ),
      config.tags,
      () => orders.optionsJson,
      master,
    );
    this.#reports = config.scenarios.map(({ name }) => ({
      name,
      state: 'waiting',
      vusActive: 0,
      iterationsDone: 0,
      behindMs: 0,
    }));
    this.#pool = new VuPool(this.#env, (text) => this.#post({ kind: 'caveat', text }));
    try {
      await this.#pool.fill(orders.vuIds, orders.furtherIds, this.#abort, (count) =>
        this.#post({ kind: 'initialized', count }),
      );
    } catch (thrown) {
      this.#post({ kind: 'failed', failure: this.#failureOf(thrown) });
      return;
    }
    this.#tellMaster(master);
    this.#log.add({ level: 'debug', message: this.#howMade(orders.vuIds.length) });
    this.#loop.start();
    this.#timers = [
      setInterval(() => this.#flush(), limits.flushMs),
      setInterval(() => this.#post({ kind: 'pulse', pulse: this.#pulse() }), limits.pulseMs),
    ];
    // What a script asks of the instance in its first moments is to count this shard's VUs, too.
    this.#instanceCounts();
    this.#post({ kind: 'ready' });
  }

  /** Tells the coordinator, once, what further VUs can be copied from. */
  #tellMaster(master: Master | undefined): void {
    if (this.#orders === undefined || this.#masterTold) return;
    this.#masterTold = true;
    this.#post({ kind: 'master', master });
  }

  /** How its VUs came about, for who wants to know where memory and time went. */
  #howMade(vus: number): string {
    const { cells, vusPerCell, memoryBytes, snapshotBytes, forked } = this.#env.template.facts;
    const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`;
    return (
      `shard ${this.#birth.index}: ${vus} VUs in ${cells} cells of up to ${vusPerCell} (${megabytes(memoryBytes)} of address space), ` +
      `${forked} of them copied from a snapshot of ${megabytes(snapshotBytes)}`
    );
  }

  async #runLifecycle(
    name: LifecycleName,
    dataJson: string | undefined,
    timeoutMs: number,
  ): Promise<void> {
    let resultJson: string | undefined;
    let failure: ShardFailure | undefined;
    let vu: Vu | undefined;
    try {
      vu = await Vu.create(this.#env, 0);
      this.#lifecycle = { name, vu };
      resultJson = await vu.runLifecycle(name, dataJson, timeoutMs);
    } catch (thrown) {
      failure = this.#failureOf(thrown);
    }
    this.#lifecycle = undefined;
    vu?.dispose();
    this.#log.flush();
    this.#flush();
    this.#post({ kind: 'lifecycleDone', resultJson, failure });
  }

  async #start(at: number, dataJson: string | undefined): Promise<void> {
    this.#startedAt = at;
    const { config } = this.#orders as ShardOrders;
    await Promise.all(
      config.scenarios.map((scenario, position) => this.#runScenario(scenario, position, dataJson)),
    );
    this.#flush();
    this.#post({ kind: 'scenariosDone' });
  }

  async #runScenario(
    scenario: ScenarioPlanInput,
    position: number,
    dataJson: string | undefined,
  ): Promise<void> {
    const orders = this.#orders as ShardOrders;
    const pool = this.#pool as VuPool;
    const report = this.#reports[position] as ScenarioReport;
    const startsAt = this.#startedAt + scenario.startTimeMs;
    const length = Math.max(1, regularDurationMs(scenario));
    const context: ScenarioContext = {
      name: scenario.name,
      executor: scenario.executor,
      exec: scenario.exec,
      env: scenario.env,
      tags: scenario.tags,
      startedAt: startsAt,
      progress: () => Math.min(1, Math.max(0, (this.#clock.now() - startsAt) / length)),
    };
    let tags = this.#env.runTags;
    for (const [key, value] of Object.entries(scenario.tags)) tags = tags.with(key, value);
    if (this.#env.settings.systemTags.has('scenario')) tags = tags.with('scenario', scenario.name);
    const record = (name: BuiltinName, tagged: TagSet, value: number): void =>
      this.#recorder.add(
        this.#registry.builtins[name],
        tagged,
        value,
        this.#clock.wall(this.#clock.now()),
      );
    const running = setTimeout(
      () => {
        if (report.state === 'waiting') report.state = 'running';
      },
      Math.max(0, startsAt - this.#clock.now()),
    );
    await runScenario({
      scenario,
      share: {
        index: this.#birth.index,
        shards: orders.shards,
        offset: orders.offsets[position] as number,
        segment: orders.config.segment,
      },
      clock: this.#clock,
      startsAt,
      take: () => pool.take(context, dataJson),
      takeFurther: () => pool.takeFurther(context, dataJson),
      give: (runner) => pool.give(runner),
      report,
      started: new Float64Array(orders.started[position] as SharedArrayBuffer),
      dropped: (count, reason) => {
        const why = reason === undefined ? tags : tags.with('reason', reason);
        record('dropped_iterations', why, count);
      },
      record: (metric, value) => record(metric, tags, value),
      rounds: () => this.#turns.rounds,
      minIterationMs: orders.config.minIterationDurationMs,
      abort: this.#abort,
      log: (message, fields) =>
        this.#log.add({ level: 'warning', message, ...(fields === undefined ? {} : { fields }) }),
    });
    clearTimeout(running);
    report.state = this.#abort.aborted ? 'interrupted' : 'done';
  }

  #settle(): void {
    for (const timer of this.#timers) clearInterval(timer);
    this.#loop.stop();
    this.#pool?.hangUp();
    if (this.#stalls > 0) {
      this.#post({
        kind: 'caveat',
        text:
          `VUs of shard ${this.#birth.index} ran without a pause until they were stopped, ${this.#stalls === 1 ? 'once' : `${this.#stalls} times`}, ` +
          `${formatDuration(this.#stalledMs)} in all: what other VUs of that shard waited for then took as much longer`,
      });
    }
    this.#flush();
    this.#log.flush();
    this.#post({ kind: 'settled' });
  }

  #flush(): void {
    this.#post({
      kind: 'batch',
      batch: this.#recorder.flush(),
      attempts: this.#attempts.flush(),
      loop: this.#takeLoop(),
      pulse: this.#pulse(),
    });
  }

  /** How this thread's event loop fared, also as samples, so that thresholds can ask for it. */
  #takeLoop(): LoopHealth {
    const loop = this.#loop.take();
    const { builtins } = this.#registry;
    const wall = this.#clock.wall(this.#clock.now());
    const tags = this.#env.runTags;
    // They are in the next batch, since this one is made already.
    this.#recorder.add(builtins.vurun_loop_delay, tags, loop.delayP99, wall);
    this.#recorder.add(builtins.vurun_loop_utilization, tags, loop.utilization, wall);
    if (loop.gcMax > 0) this.#recorder.add(builtins.vurun_gc_pause, tags, loop.gcMax, wall);
    return loop;
  }

  /** Puts this shard's counts where the others see them, and sums up all. */
  #instanceCounts(): ShardCounts {
    const rows = this.#orders?.counts.map((row) => new Float64Array(row)) ?? [];
    this.#counts.vusActive = this.#reports.reduce((sum, { vusActive }) => sum + vusActive, 0);
    const own = rows[this.#birth.index];
    if (own === undefined) return this.#counts;
    countNames.forEach((name, i) => {
      own[i] = this.#counts[name];
    });
    const sum = (i: number): number => rows.reduce((all, row) => all + (row[i] as number), 0);
    return Object.fromEntries(
      countNames.map((name, i) => [name, sum(i)]),
    ) as unknown as ShardCounts;
  }

  #pulse(): ShardPulse {
    this.#instanceCounts();
    return {
      ...this.#counts,
      socketsOpen: this.#gauges.wsOpen + this.#gauges.wsConnecting,
      scenarios: this.#reports.map((report) => ({ ...report })),
    };
  }

  async #fetchToken(client: number): Promise<void> {
    const spec = this.#env.citizen.tokenClients[client];
    if (spec === undefined) return;
    const outcome = await fetchSharedToken(this.#env, spec);
    this.#post({ kind: 'tokenFetched', client, outcome });
  }

  #adopt({ shared, citizen }: ShardOrders): void {
    this.#shared.limiters = [...citizen.limiters];
    this.#shared.tokenClients = [...citizen.tokenClients];
    for (const [name, items] of shared.arrays) this.#shared.arrays.set(name, items);
    for (const [path, bytes] of shared.files) this.#shared.files.set(path, bytes);
    this.#shared.locked = true;
  }

  #newRecorder(submetrics: ShardOrders['submetrics']): ShardRecorder {
    return new ShardRecorder({
      source: this.#birth.source,
      submetrics,
      warn: (message) => this.#log.add({ level: 'warning', message }),
    });
  }

  #newAttempts(
    open: readonly SharedArrayBuffer[],
    idHeaders: readonly string[],
    keepAll: boolean,
  ): AttemptLog {
    const { source, index, seed } = this.#birth;
    return new AttemptLog({
      source,
      open,
      shard: index,
      seed,
      idHeaders: new Set([...defaultIdHeaders, ...idHeaders]),
      keepAll,
      wall: (now) => this.#clock.wall(now),
    });
  }

  #failureOf(thrown: unknown): ShardFailure {
    if (this.#abortReason !== undefined) return { kind: 'aborted', message: this.#abortReason };
    if (thrown instanceof LifecycleTimeout) return { kind: 'timeout', message: thrown.message };
    if (thrown instanceof InitFailure || thrown instanceof LifecycleFailure) {
      const kind = thrown.failure.kind === 'result' ? 'result' : 'script';
      return { kind, message: thrown.message };
    }
    if (thrown instanceof UserError) return { kind: 'config', message: thrown.message };
    throw thrown;
  }

  #environment(
    guestLimits: ShardBirth['guestLimits'],
    settings: ProtocolSettings,
    runTags: Readonly<Record<string, string>>,
    optionsJson: () => string,
    master?: Master,
  ): VuEnvironment {
    const { program, cwd, seed, env, secrets, watch } = this.#birth;
    const watched = new Float64Array(watch);
    watched[3] = ownThread();
    const shards = this.#orders?.shards ?? 1;
    const citizen = new Citizen(this.#orders?.citizen ?? citizenOrders(this.#shared, 1, 1), {
      clock: this.#clock,
      shard: this.#birth.index,
      shards,
      seed,
      askToken: (client, generation) => this.#post({ kind: 'tokenWanted', client, generation }),
    });
    return {
      template: new Template({
        code: program.code,
        name: bundleName,
        guestLimits,
        // All VUs of a cell together must find room in it, each up to its limit.
        vusPerCell: Math.max(
          1,
          Math.min(limits.vusPerCell, Math.floor(limits.cellMemoryBytes / guestLimits.memoryBytes)),
        ),
        forkRule,
        ...(master === undefined ? {} : { master }),
        onMaster: (made) => this.#tellMaster(made),
        onBound: (why) =>
          this.#log.add({
            level: 'debug',
            message: `VUs are initialised one by one: init code asks for ${why}`,
          }),
      }),
      clock: this.#clock,
      recorder: this.#recorder,
      builtins: this.#registry.builtins,
      attempts: this.#attempts,
      metricNew: (name, kind, contains) => this.#registry.define(name, kind, contains),
      settings,
      gauges: this.#gauges,
      citizen,
      protocols,
      turns: this.#turns,
      runTags: rootTags(runTags),
      env,
      secrets,
      scriptDir: program.scriptDir,
      openRoot: program.openRoot ?? '',
      shared: this.#shared,
      seed,
      idInTest: (vuId) => {
        const segment = this.#orders?.config.segment;
        // VU 0, which only sets up and tears down, is nobody's.
        return segment === undefined || vuId === 0 ? vuId : stripeElement(segment, vuId - 1) + 1;
      },
      optionsJson,
      startedAt: () => this.#startedAt,
      counts: this.#counts,
      instanceCounts: () => this.#instanceCounts(),
      mapStack: (stack) => {
        if (stack === '') return '';
        this.#mapper ??= createStackMapper(program, cwd);
        return this.#mapper.map(stack);
      },
      callerFile: (stack) => {
        this.#mapper ??= createStackMapper(program, cwd);
        return this.#mapper.callerFile(stack);
      },
      log: (level, message, fields) =>
        // Before the log cuts long lines, perhaps in the middle of a secret.
        this.#log.add({
          level,
          message: citizen.redact(this.#redact(message)),
          ...(fields === undefined ? {} : { fields }),
        }),
      stalled: (milliseconds) => {
        this.#stalls++;
        this.#stalledMs += milliseconds;
      },
      abortTest: (reason) => {
        this.#abortReason = reason;
        this.#post({ kind: 'testAbort', reason });
      },
      failTest: (reason) => this.#post({ kind: 'testFail', reason }),
      iterationFailed: (what) => {
        if (this.#toldFailure) return;
        this.#toldFailure = true;
        this.#post({
          kind: 'iterationFailed',
          what: this.#redact(what).slice(0, limits.logLineBytes),
        });
      },
      fatal: (message) => this.#post({ kind: 'fatal', message }),
      enterTurn: (vuId, now, milliseconds) => {
        watched[1] = vuId;
        watched[2] = milliseconds;
        watched[0] = this.#clock.since(now);
      },
      leaveTurn: () => {
        watched[0] = 0;
      },
    };
  }
}

/** Connects a shard to its message port and turns our own failures into the end of the thread. */
export function serve(
  birth: ShardBirth,
  port: {
    on(event: 'message', listener: (message: ToShard) => void): unknown;
    postMessage(message: FromShard): void;
  },
): void {
  const shard = new Shard(birth, (message) => port.postMessage(message));
  port.on('message', (message) => {
    shard.handle(message).catch((thrown: unknown) => {
      // Not the user's doing: let the thread end, so that the coordinator hears of it with the stack.
      setImmediate(() => {
        throw thrown instanceof Error ? thrown : new Error(messageOf(thrown));
      });
    });
  });
}

const countNames = [
  'iterationsComplete',
  'iterationsInterrupted',
  'iterationsFailed',
  'vusActive',
  'vusInitialized',
] as const;

/** What holds before the options are known: init may not use the network, so little of it matters. */
const defaultSettings: ProtocolSettings = {
  userAgent: '',
  maxRedirects: 0,
  maxRedirectsExplicit: false,
  batch: 1,
  batchPerHost: 1,
  httpDebug: '',
  httpDebugFailed: false,
  insecureSkipTLSVerify: false,
  tlsAuth: [],
  tlsCA: [],
  throw: false,
  hosts: {},
  dns: { ttlMs: 0, select: 'first', policy: 'any' },
  blacklistIPs: [],
  blockHostnames: [],
  tlsVersion: {},
  tlsCipherSuites: [],
  localAddresses: [],
  noConnectionReuse: false,
  noVUConnectionReuse: false,
  noCookiesReset: false,
  discardResponseBodies: false,
  traceparent: 0,
  rps: 0,
  systemTags: new Set(),
  guard: new Guard([], undefined),
  unauthorized: () => undefined,
};

function settingsOf(
  config: RunConfig,
  shards: number,
  unauthorized: ProtocolSettings['unauthorized'],
): ProtocolSettings {
  return {
    ...config,
    // Each shard keeps its part of the bound, so that together they keep the whole.
    rps: (config.rps * stripePart(config.segment)) / shards,
    systemTags: new Set(config.systemTags),
    guard: new Guard(config.target.guard ?? [], config.target.authorized),
    unauthorized,
  };
}
