/** What an output is: it takes what a run measures, in batches, and never holds the run up. */
import type { AttemptsBatch } from '../attempts/contract.ts';
import type { Diagnosis } from '../diagnosis/contract.ts';
import type { LogSink } from '../log.ts';
import type { MetricsBatch } from '../metrics/batch.ts';
import type { Thresholds } from '../metrics/threshold.ts';
import type { LedgerView } from '../metrics/view.ts';

/** What is known of a run when it is over. */
export interface RunEnd {
  scriptName: string;
  /** Milliseconds since 1970. */
  startedAt: number;
  durationMs: number;
  exitCode: number;
  iterationsComplete: number;
  iterationsInterrupted: number;
  ledger: LedgerView;
  /** As the option `summaryTrendStats` has them. */
  trendStats: readonly string[];
  /** Absent when nothing was attempted. */
  diagnosis: Diagnosis | undefined;
  caveats: readonly string[];
}

export interface Output {
  /** Each sample is wanted: batches come with `raw`. Without it the sums of each second must do. */
  readonly wantsRaw?: boolean;
  /** The record of each attempt is wanted. Without it `addAttempts` is handed a sample. */
  readonly wantsAttempts?: boolean;
  /** Opens what the output writes to. Throws a UserError (exit code 104) when that cannot be had. */
  start(): Promise<void>;
  /** Takes a batch. Never waits and never throws; what finds no room is counted. */
  add?(batch: MetricsBatch): void;
  /** Takes records of attempts. As `add`. */
  addAttempts?(batch: AttemptsBatch): void;
  /** The run is over, and `stop` follows. Never throws. Not called for a run that never began. */
  conclude?(end: RunEnd): void;
  /** Writes what is still waiting and closes; a second call does nothing. Never throws; see `problem`. */
  stop(): Promise<void>;
  /** A sentence about what did not arrive, or undefined. Complete after `stop`. */
  readonly problem: string | undefined;
}

/** What outputs are given by whoever runs the test. */
export interface OutputIo {
  stdout: NodeJS.WritableStream;
  log: LogSink;
  /** For outputs that describe metrics together with their thresholds. */
  thresholds: Pick<Thresholds, 'rules' | 'submetrics'>;
  /** The option of that name: which of its own tags vurun puts on samples. */
  systemTags: readonly string[];
  /** The tags every sample of the run carries. */
  tags: Readonly<Record<string, string>>;
  /** Headers that identify an answer, in lower case, in the order in which they are looked for. */
  idHeaders: readonly string[];
  /** vurun's version. */
  version: string;
  /** The environment, for outputs that have variables of their own. */
  env: Readonly<Record<string, string | undefined>>;
}

/** Makes an output from the part of its spec behind the `=`, empty when there is none. */
export type OutputFactory = (argument: string, io: OutputIo) => Output;
