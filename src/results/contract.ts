/**
 * The result file: gzipped JSON, one object a line. The first line says what runs, one line follows a
 * second, the last says what it came to. Each second is flushed, so that what a killed run leaves can be
 * read up to its last second. Times are milliseconds, sizes bytes; metrics have their own units.
 */
import type { Attempt, OutcomeCount } from '../attempts/contract.ts';
import type { Diagnosis } from '../diagnosis/contract.ts';
import type { HealthSecond } from '../health/contract.ts';
import type { ThisMachine } from '../health/machine-probe.ts';

export const resultVersion = 1;

/** The first line. */
export interface ResultBegin {
  kind: 'begin';
  version: typeof resultVersion;
  /** Milliseconds since 1970. */
  startedAt: number;
  vurun: string;
  script: {
    name: string;
    /** SHA-256 of the bundled program. */
    hash: string;
  };
  seed: number;
  /** Options with all defaults, by k6's names. */
  options: Readonly<Record<string, unknown>>;
  /** A line for each scenario, as the banner shows them. */
  description: readonly string[];
  vus: number;
  shards: number;
  /** How fast the target's time runs: below 1 for a scaled simulator. */
  timeScale: number;
  environment: ThisMachine;
}

/** Samples of one metric in one second: how many, and their sum. */
export type SumOfSecond = readonly [count: number, sum: number];
/** The gauge's last value, the least and the most. */
export type GaugeOfSecond = readonly [value: number, min: number, max: number];
/** Count, sum, least, most, and the distribution as `packTrend` writes it. */
export type TrendOfSecond = readonly [
  count: number,
  sum: number,
  min: number,
  max: number,
  cells: string,
];

/** One second. What nothing was recorded of is absent. */
export interface ResultSecond {
  kind: 'second';
  /** Milliseconds since the start at which it ended. */
  t: number;
  /** Counters and rates, sub-metrics with their full names. */
  sums: Readonly<Record<string, SumOfSecond>>;
  gauges: Readonly<Record<string, GaugeOfSecond>>;
  trends: Readonly<Record<string, TrendOfSecond>>;
  /** Counts by what tells them apart: statuses, outcomes, close codes (see `partsOf`). */
  parts: Readonly<Record<string, Readonly<Record<string, number>>>>;
  health?: HealthSecond;
  /** Some of the attempts that failed in it. */
  failures?: readonly Attempt[];
}

/** A metric at the end, with exact values. */
export interface ResultMetric {
  name: string;
  kind: 'counter' | 'gauge' | 'rate' | 'trend';
  contains: 'default' | 'time' | 'data';
  /** As in the summary: count and rate, value, passes and fails, or percentiles. */
  values: Readonly<Record<string, number>>;
  thresholds: readonly { source: string; ok: boolean; actual: number | undefined }[];
}

/** The last line; a run that was killed has none. */
export interface ResultEnd {
  kind: 'end';
  durationMs: number;
  exitCode: number;
  iterationsComplete: number;
  iterationsInterrupted: number;
  metrics: readonly ResultMetric[];
  checks: readonly { group: string; name: string; passes: number; fails: number }[];
  groups: readonly string[];
  diagnosis: Diagnosis;
  /** Every outcome of attempts, counted exactly. */
  outcomes: readonly OutcomeCount[];
  /** A sample of attempts: the first and last failures of each kind, and some of all. */
  attempts: readonly Attempt[];
  caveats: readonly string[];
}

export type ResultLine = ResultBegin | ResultSecond | ResultEnd;

export interface Result {
  begin: ResultBegin;
  seconds: readonly ResultSecond[];
  /** Absent when the run was killed. */
  end: ResultEnd | undefined;
}

/** What the parts of a metric are told apart by: the tags whose values are joined with a slash. */
export const partsOf: Readonly<Record<string, readonly string[]>> = {
  http_reqs: ['status'],
  ws_sessions: ['status'],
  ws_handshakes: ['outcome'],
  ws_closes: ['code', 'by', 'phase'],
  dropped_iterations: ['reason'],
  checks: ['check'],
  retries: ['reason'],
  session_stages: ['session', 'stage'],
};
