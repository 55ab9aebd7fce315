/** What `handleSummary(data)` receives: k6's shape. */
export interface SummaryData {
  root_group: SummaryGroup;
  options: { summaryTrendStats: string[]; summaryTimeUnit: string; noColor: boolean };
  state: { isStdOutTTY: boolean; isStdErrTTY: boolean; testRunDurationMs: number };
  metrics: Record<string, SummaryMetric>;
  setup_data?: unknown;
}
export interface SummaryGroup {
  name: string;
  path: string;
  /** md5 of the path, hex. */
  id: string;
  groups: SummaryGroup[];
  checks: SummaryCheck[];
}
export interface SummaryCheck {
  name: string;
  path: string;
  id: string;
  passes: number;
  fails: number;
}
export interface SummaryMetric {
  type: 'counter' | 'gauge' | 'rate' | 'trend';
  contains: 'default' | 'time' | 'data';
  /** counter: count, rate · gauge: value, min, max · rate: rate, passes, fails · trend: the asked stats. */
  values: Record<string, number>;
  thresholds?: Record<string, { ok: boolean }>;
}
