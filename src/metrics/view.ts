/** What the ledger shows to those who report: names, values and verdicts, never its sinks. */
import type { Metric } from './contract.ts';

export interface ThresholdView {
  /** The expression as written: `p(95)<500`. */
  source: string;
  ok: boolean;
  /** The left-hand side as k6 prints it: `p(95)`, and its value; undefined when nothing was measured. */
  stat: string;
  actual: number | undefined;
  abortOnFail: boolean;
}

export interface MetricView {
  /** `http_req_duration`, or `http_req_duration{expected_response:true}` for a sub-metric. */
  name: string;
  metric: Metric;
  /** The parent's name and the part in braces, for a sub-metric. */
  parent: string | undefined;
  suffix: string | undefined;
  /** True while no sample was recorded. */
  empty: boolean;
  /** Samples recorded. */
  count: number;
  /**
   * counter: count (the sum), rate (per second of the run) · gauge: value, min, max · rate: rate,
   * passes, fails · trend: the stats asked for (avg, min, med, max, count, p(N)), in milliseconds.
   */
  values(trendStats: readonly string[]): Record<string, number>;
  thresholds: readonly ThresholdView[];
}

export interface CheckView {
  /** `::front page::nested`, or empty at the root. */
  group: string;
  name: string;
  passes: number;
  fails: number;
}

/** A count by tag set, of a counter or rate. */
export interface SeriesView {
  tags: Readonly<Record<string, string>>;
  /** Sum of a counter; passes of a rate. */
  sum: number;
  count: number;
}

export interface LedgerView {
  /** Metrics with samples or thresholds, sub-metrics behind their parent, otherwise sorted by name. */
  metrics(): readonly MetricView[];
  metric(name: string): MetricView | undefined;
  checks(): readonly CheckView[];
  /** Paths of all groups seen, parents before children. */
  groups(): readonly string[];
  /** Series of a counter or rate; the one tagged `__other__` holds what came after the cap. */
  series(metricName: string): readonly SeriesView[];
}
