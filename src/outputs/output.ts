/** What an output is: it takes every sample of the run, in batches, and never holds the run up. */
import type { AttemptsBatch } from '../attempts/contract.ts';
import type { LogSink } from '../log.ts';
import type { MetricsBatch } from '../metrics/batch.ts';
import type { Thresholds } from '../metrics/threshold.ts';

export interface Output {
  /** Opens what the output writes to. Throws a UserError (exit code 104) when that cannot be had. */
  start(): Promise<void>;
  /** Takes a batch whose `raw` is filled. Never waits and never throws; what finds no room is counted. */
  add(batch: MetricsBatch): void;
  /** Takes the records of attempts; an output that has this is handed every one. As `add`. */
  addAttempts?(batch: AttemptsBatch): void;
  /** Writes what is still waiting and closes. Never throws; see `problem`. */
  stop(): Promise<void>;
  /** A sentence about samples that did not arrive, or undefined. Complete after `stop`. */
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
  /** The environment, for outputs that have variables of their own. */
  env: Readonly<Record<string, string | undefined>>;
}

/** Makes an output from the part of its spec behind the `=`, empty when there is none. */
export type OutputFactory = (argument: string, io: OutputIo) => Output;
