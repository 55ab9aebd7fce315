/**
 * What coordinator and shard say to each other. Everything is plain data, so that the same words can
 * travel between machines later.
 */

import type { ScriptExports } from '../../runtime/contract/ops.ts';
import type { AttemptsBatch } from '../attempts/contract.ts';
import type { CitizenOrders } from '../citizen/citizen.ts';
import type { Declared } from '../citizen/declarations.ts';
import type { TokenOutcome } from '../citizen/token-client.ts';
import type { TokenNews } from '../citizen/token-office.ts';
import type { ScenarioReport } from '../executors/contract.ts';
import type { LoopHealth } from '../health/contract.ts';
import type { LogLine } from '../log.ts';
import type { MetricsBatch } from '../metrics/batch.ts';
import type { MetricDefinition, SubMetric } from '../metrics/sub-metric.ts';
import type { EngineModule } from '../sandbox/engine.ts';
import type { Master } from '../sandbox/template.ts';
import type { RunConfig } from '../script/config.ts';
import type { Program } from '../script/program.ts';
import type { SecretSources } from '../script/secrets.ts';

/** The first thing a shard's thread is told. */
export interface Birth {
  shard: ShardBirth;
  engine: EngineModule;
}

/** What a shard is born with. */
export interface ShardBirth {
  index: number;
  /** The number of its recorder; a shard made anew gets another. */
  source: number;
  program: Program;
  /** Where relative paths of stack traces start from. */
  cwd: string;
  seed: number;
  /** `__ENV` of the init context. */
  env: Readonly<Record<string, string>>;
  secrets: SecretSources;
  guestLimits: { memoryBytes: number; stackBytes: number; turnMs: number; initMs: number };
  /** Four doubles: since when (monotonic ms, 0 for not at all) which VU is run, how long it may be, and in which thread of the system. */
  watch: SharedArrayBuffer;
}

/** Data made while the script was first initialised, the same for all shards. */
export interface SharedSnapshot {
  arrays: [string, readonly string[]][];
  files: [string, Uint8Array][];
}

export interface ShardOrders {
  /** Shards of the whole run. */
  shards: number;
  config: RunConfig;
  optionsJson: string;
  submetrics: readonly SubMetric[];
  keepRaw: boolean;
  /** The VUs it makes at once, and ids for those it may make later. */
  vuIds: readonly number[];
  furtherIds: readonly number[];
  shared: SharedSnapshot;
  /** By scenario: iterations started, in memory shared with the coordinator. */
  started: readonly SharedArrayBuffer[];
  /** By shard: its counts (`ShardCounts`, in that order), for facts scripts may ask for. */
  counts: readonly SharedArrayBuffer[];
  /** By shard: how many attempts began and ended (`OpenCounts`). */
  open: readonly SharedArrayBuffer[];
  /** Every attempt's record is wanted. */
  keepAttempts: boolean;
  /** By scenario: how its ranks are dealt to shards. */
  offsets: readonly number[];
  citizen: CitizenOrders;
}

export type LifecycleName = 'setup' | 'teardown' | 'handleSummary';

export type ToShard =
  /** Evaluates the script once, as VU 0, and answers `probed`. */
  | { kind: 'probe' }
  /** Makes the VUs, as copies of `master` when there is one, and answers `master` and `ready`. */
  | { kind: 'prepare'; orders: ShardOrders; master: Master | undefined }
  | { kind: 'lifecycle'; name: LifecycleName; dataJson: string | undefined; timeoutMs: number }
  /** Starts the scenarios; `scenariosDone` follows when the last has ended. */
  | { kind: 'start'; at: number; dataJson: string | undefined }
  /** Asks the endpoint of a shared token client and answers `tokenFetched`. */
  | { kind: 'fetchToken'; client: number }
  | { kind: 'token'; client: number; news: TokenNews }
  /** Ends all iterations at once. */
  | { kind: 'abort' }
  /** Hangs up every connection, sends the last samples, and answers `settled`. */
  | { kind: 'settle' }
  /** Ends the thread. */
  | { kind: 'finish' };

/** The shard's numbers, once a second. */
export interface ShardPulse {
  vusActive: number;
  vusInitialized: number;
  iterationsComplete: number;
  iterationsInterrupted: number;
  iterationsFailed: number;
  socketsOpen: number;
  scenarios: ScenarioReport[];
}

/** Why a lifecycle function or the script's init failed. */
export interface ShardFailure {
  /** `result`: what a lifecycle function returned cannot be carried. */
  kind: 'script' | 'config' | 'timeout' | 'aborted' | 'result';
  message: string;
}

export type FromShard =
  | {
      kind: 'probed';
      exports: ScriptExports;
      metrics: readonly MetricDefinition[];
      shared: SharedSnapshot;
      declared: Declared;
    }
  | { kind: 'initialized'; count: number }
  /** What further VUs are copied from, or undefined when they cannot be; once, before `ready`. */
  | { kind: 'master'; master: Master | undefined }
  | { kind: 'ready' }
  | { kind: 'failed'; failure: ShardFailure }
  | { kind: 'lifecycleDone'; resultJson: string | undefined; failure: ShardFailure | undefined }
  | {
      kind: 'batch';
      batch: MetricsBatch;
      attempts: AttemptsBatch;
      loop: LoopHealth;
      pulse: ShardPulse;
    }
  /** The same numbers between two batches, for who is watching. */
  | { kind: 'pulse'; pulse: ShardPulse }
  | { kind: 'log'; lines: readonly LogLine[] }
  | { kind: 'scenariosDone' }
  | { kind: 'testAbort'; reason: string }
  | { kind: 'testFail'; reason: string }
  /** The shard's first failed iteration, and how it failed. */
  | { kind: 'iterationFailed'; what: string }
  /** A newer token is wanted than that of the generation. */
  | { kind: 'tokenWanted'; client: number; generation: number }
  | { kind: 'tokenFetched'; client: number; outcome: TokenOutcome }
  /** The test cannot go on; `config`: for something the options have to allow. */
  | { kind: 'fatal'; message: string; config?: true }
  /** Something is missing from the numbers. */
  | { kind: 'caveat'; text: string }
  | { kind: 'settled' }
  | { kind: 'finished' };
