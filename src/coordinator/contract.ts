/** What the coordinator asks for and answers: the page between `cli` and a test run. */
import type { AttemptsView } from '../attempts/attempt-book.ts';
import type { Diagnosis, Subject } from '../diagnosis/contract.ts';
import type { Limit } from '../diagnosis/discriminate.ts';
import type { ExitCodeNumber } from '../errors.ts';
import type { HealthSecond } from '../health/contract.ts';
import type { LogSink } from '../log.ts';
import type { LedgerView } from '../metrics/view.ts';
import type { ResultLine } from '../results/contract.ts';
import type { RunConfig } from '../script/config.ts';
import type { OptionLayers } from '../script/options.ts';
import type { Program } from '../script/program.ts';
import type { SecretSources } from '../script/secrets.ts';
import type { Finding } from './finding.ts';
import type { RecentSeconds } from './recent.ts';

export interface TestRunRequest {
  program: Program;
  layers: OptionLayers;
  secrets: SecretSources;
  /** vurun's version, for the user agent. */
  version: string;
  /** Where relative paths are shown from. */
  cwd: string;
  /** Worker threads; absent lets the coordinator choose. */
  shards?: number;
  seed: number;
  /** How much faster the target's time runs than ours: that of a simulator; 1 for anything real. */
  timeScale: number;
  /** How many times as slowly the load is reached, and how much of it there is; 1 as written. */
  pace?: number;
  load?: number;
  /** Milliseconds at the start of the scenarios that do not count. */
  settleMs?: number;
  /** The result file to write; absent for none. */
  resultPath?: string;
  /** Is told each line of the result as it is written, with or without a file. */
  onResult?: (line: ResultLine) => void;
  /** The script as the user named it. */
  scriptName: string;
  /** Verdicts that mark the run as failed. */
  failOn: readonly Subject[];
  /** As given with `--out`: `json=samples.ndjson`. */
  outputs: readonly string[];
  stdout: NodeJS.WritableStream;
  log: LogSink;
  isStdOutTty: boolean;
  isStdErrTty: boolean;
  noColor: boolean;
}

export type ScenarioState = 'waiting' | 'running' | 'done' | 'interrupted';

export interface ScenarioProgress {
  name: string;
  executor: string;
  state: ScenarioState;
  /** 0 to 1. */
  progress: number;
  vusActive: number;
  vusMax: number;
  /** Milliseconds since the scenario began, and its regular length. */
  elapsedMs: number;
  durationMs: number;
  /** Milliseconds until it begins; 0 once it has. */
  waitMs: number;
  iterationsDone: number;
  /** In an open model: what should start now, in iterations per time unit; else undefined. */
  rate: number | undefined;
  timeUnitMs: number;
  /** How late iterations start, in milliseconds, where that is worth saying; else 0. */
  behindMs: number;
  /** For the executors that count: what is to be done in all, else undefined. */
  iterationsTotal: number | undefined;
}

export interface RunProgress {
  phase: 'init' | 'setup' | 'running' | 'teardown' | 'ended';
  elapsedMs: number;
  vusActive: number;
  /** VUs made so far, and to be made. */
  vusInitialized: number;
  vusMax: number;
  iterationsComplete: number;
  iterationsInterrupted: number;
  iterationsFailed: number;
  iterationsPerSecond: number;
  socketsOpen: number;
  httpReqs: number;
  httpFailed: number;
  /** p(95) of http_req_duration in milliseconds, undefined before the first request. */
  httpP95: number | undefined;
  wsSessions: number;
  wsFailed: number;
  checksPassed: number;
  checksFailed: number;
  /** The last seconds, one value each. */
  recent: RecentSeconds;
  /** What is wrong with the generator right now. */
  warnings: readonly string[];
  scenarios: readonly ScenarioProgress[];
}

/** What a finished (or interrupted) run leaves. */
export interface RunResult {
  exitCode: ExitCodeNumber;
  ledger: LedgerView;
  attempts: AttemptsView;
  /** What happened, and whose doing it was. */
  diagnosis: Diagnosis;
  /** What refused sessions say of a limit; worked out when asked for. */
  limit: () => Limit;
  /** How the generator fared, second by second. */
  health: readonly HealthSecond[];
  durationMs: number;
  iterationsComplete: number;
  iterationsInterrupted: number;
  /** What `setup()` returned, after its JSON round trip. */
  setupData: unknown;
  /**
   * What the script's handleSummary returned (path, `stdout` or `stderr` to text or bytes), or
   * undefined when there is none, it failed, or it returned nothing.
   */
  handledSummary: Record<string, string | Uint8Array> | undefined;
  /** Sentences about what is missing from the numbers, such as a lost shard. */
  caveats: readonly string[];
}

export interface TestRun {
  readonly config: RunConfig;
  /** The lines of its scenarios: the total first, then one each. */
  readonly description: readonly string[];
  /** Runs the test to its end; throws a UserError for what is the user's to mend. */
  run(): Promise<RunResult>;
  progress(): RunProgress;
  /** First Ctrl-C: iterations are cut off, teardown runs, the summary is made; exit code 105. */
  interrupt(): void;
}

/** A script that was looked at and not run. */
export interface Inspection {
  /** Options as given, merged, without defaults. */
  givenOptions: Readonly<Record<string, unknown>>;
  /** What `open()` read, by absolute path. */
  openedFiles: readonly [path: string, bytes: Uint8Array][];
  options: Readonly<Record<string, unknown>>;
  /** What would run; `totalDuration` is text such as `1m30s`, graceful stops included. */
  plan: {
    maxVUs: number;
    totalDuration: string;
    shards: number;
    scenarios: readonly unknown[];
    /** What cannot work, by arithmetic. */
    findings: readonly Finding[];
  };
}
