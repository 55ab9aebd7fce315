/** What a shard gives its VUs, and what it hears from them. */
import type { Attempts } from '../attempts/contract.ts';
import type { Citizen } from '../citizen/citizen.ts';
import type { Declared } from '../citizen/declarations.ts';
import type { Clock } from '../clock.ts';
import type { LogLevelName } from '../log.ts';
import type {
  Builtins,
  Metric,
  MetricContains,
  MetricKind,
  Recorder,
  TagSet,
} from '../metrics/contract.ts';
import type { Protocol, ProtocolGauges, ProtocolSettings } from '../protocols/contract.ts';
import type { Template } from '../sandbox/template.ts';
import type { SecretSources } from '../script/secrets.ts';
import type { Turns } from './turns.ts';

/** One error of the script, told to whoever logs. */
export interface ScriptFailure {
  kind: 'init' | 'run' | 'stray' | 'result';
  name: string;
  message: string;
  /** In the user's own files and lines. */
  stack: string;
}

/** Data that all VUs of a run share, filled while the first VU is initialised. */
export interface SharedData extends Declared {
  /** Elements of a SharedArray as JSON texts. */
  arrays: Map<string, readonly string[]>;
  /** Files `open()` has read, by absolute path. */
  files: Map<string, Uint8Array>;
  /** After the first VU no further file, array, limiter or token client may appear. */
  locked: boolean;
}

/** Counts of the shard's iterations, for facts and progress. */
export interface ShardCounts {
  iterationsComplete: number;
  iterationsInterrupted: number;
  iterationsFailed: number;
  vusActive: number;
  vusInitialized: number;
}

export interface VuEnvironment {
  template: Template;
  clock: Clock;
  recorder: Recorder;
  builtins: Builtins;
  attempts: Attempts;
  /** Makes or finds a custom metric; throws a GuestError when the name or type cannot be. */
  metricNew(name: string, kind: MetricKind, contains: MetricContains): Metric;
  settings: ProtocolSettings;
  gauges: ProtocolGauges;
  citizen: Citizen;
  protocols: readonly Protocol[];
  turns: Turns;
  /** Tags of every sample of the run. */
  runTags: TagSet;
  env: Readonly<Record<string, string>>;
  secrets: SecretSources;
  scriptDir: string;
  /** What absolute paths of `open()` are below; empty for the machine's own root. */
  openRoot: string;
  shared: SharedData;
  seed: number;
  /** The number of a VU among those of the whole test, of which this process may run a segment. */
  idInTest(vuId: number): number;
  /** JSON of the consolidated options, once they are known. */
  optionsJson(): string;
  /** Monotonic start of the run's scenarios, or NaN before it. */
  startedAt(): number;
  counts: ShardCounts;
  /** The counts of all shards together; those of the others are a moment old. */
  instanceCounts(): ShardCounts;
  mapStack(stack: string): string;
  /** The user's file in which the innermost frame of a stack stands. */
  callerFile(stack: string): string | undefined;
  log(level: LogLevelName, message: string, fields?: Record<string, string>): void;
  /** A VU kept the whole shard waiting until it was stopped. */
  stalled(milliseconds: number): void;
  /** exec.test.abort() */
  abortTest(reason: string): void;
  /** exec.test.fail() */
  failTest(reason: string): void;
  /** An iteration failed, and how, in a line. */
  iterationFailed(what: string): void;
  /** The test cannot go on, and would measure something wrong if it did. */
  fatal(message: string): void;
  /** The watchdog's view: this VU is run from `now` (`performance.now()`) on, and for how long it may be. */
  enterTurn(vuId: number, now: number, milliseconds: number): void;
  leaveTurn(): void;
}

/** The scenario a VU works in. */
export interface ScenarioContext {
  name: string;
  executor: string;
  exec: string;
  env: Readonly<Record<string, string>>;
  tags: Readonly<Record<string, string>>;
  /** Monotonic milliseconds. */
  startedAt: number;
  /** 0 to 1. */
  progress(): number;
}

export type { IterationEnd, IterationIds, IterationListener } from '../executors/contract.ts';
