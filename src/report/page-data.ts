/**
 * What the page of a report is fed: a result, reduced to what it shows. Times are milliseconds, sizes
 * bytes. This file is read on both sides, so it holds types and numbers only.
 */
import type { Cause, Initiator, Phase } from '../attempts/cause.ts';
import type { AttemptKind } from '../attempts/contract.ts';
import type { HealthSecond } from '../health/contract.ts';
import type {
  GaugeOfSecond,
  ResultBegin,
  ResultEnd,
  ResultSecond,
  SumOfSecond,
} from '../results/contract.ts';

/** Cells of a distribution in a power of ten: each is 12 % wide. */
export const cellsPerDecade = 20;

export type TrendOfPoint = readonly [
  count: number,
  sum: number,
  min: number,
  max: number,
  p50: number,
  p90: number,
  p95: number,
  p99: number,
];

/** A second of the run, or several in a long one. */
export interface PagePoint {
  /** Milliseconds since the start at which it ended, and its length. */
  t: number;
  length: number;
  sums: Readonly<Record<string, SumOfSecond>>;
  gauges: Readonly<Record<string, GaugeOfSecond>>;
  trends: Readonly<Record<string, TrendOfPoint>>;
  /**
   * Distributions of some trends: a cell and its count by turns. Cell n holds values from
   * 10^(n / cellsPerDecade) on.
   */
  cells: Readonly<Record<string, readonly number[]>>;
  parts: ResultSecond['parts'];
  health?: HealthSecond;
}

/** How long failures took. */
export interface FailureTime {
  ms: number;
  initiator: Initiator;
  cause: Cause;
  status: number;
}

/** WebSockets that ended alike, from the records that were kept. */
export interface CloseGroup {
  code: number;
  by: Initiator;
  cause: Cause;
  /** Medians: how old they were, how long nothing had moved. */
  age: number;
  idle: number | undefined;
}

/** A failure as the table shows it. */
export interface FailureRow {
  /** Milliseconds since the start of the run, and how long it took. */
  at: number;
  total: number;
  kind: AttemptKind;
  method: string;
  name: string;
  outcome: string;
  cause: Cause;
  phase: Phase;
  initiator: Initiator;
  message: string;
  vu: number;
  scenario: string;
  attempt: number;
  open: number;
  ids: Readonly<Record<string, string>>;
}

/** What answers said of limits. */
export interface LimitRow {
  at: number;
  status: number;
  count: number | undefined;
  allowed: number | undefined;
  retryAfter: number | undefined;
}

/** What is read from records of attempts; a sample wherever there were many. */
export interface AttemptFacts {
  /** How many records there are. */
  records: number;
  failureTimes: readonly FailureTime[];
  closes: readonly CloseGroup[];
  /** Medians of the steps of opening a WebSocket, over those that took them. */
  steps: Readonly<Partial<Record<'dns' | 'connect' | 'tls' | 'upgrade' | 'message', number>>>;
  /** Dials by the phase in which they failed, by cause and status: `status 502` → `upgrade`. */
  refusedIn: Readonly<Record<string, Phase>>;
  limits: readonly LimitRow[];
  /** Of attempts that had been asked to wait: how many waited as long, and how many did not. */
  obeyed: number;
  violated: number;
  /** By the number of the attempt: how many records, and how many of them failed. */
  tries: readonly (readonly [attempt: number, count: number, failed: number])[];
  /** The first and the last of each kind, in order of time. */
  failures: readonly FailureRow[];
}

export interface PageData {
  begin: ResultBegin;
  points: readonly PagePoint[];
  /** Absent while a run goes on, and when it was killed. */
  end: Omit<ResultEnd, 'attempts'> | undefined;
  facts: AttemptFacts;
}
