import type { LedgerView, MetricView } from '../metrics/view.ts';
import type { TimeUnit } from './units.ts';

/** What every form of the end-of-test summary is made from. */
export interface SummaryInput {
  ledger: LedgerView;
  /** Length of the run, milliseconds: what rates are per second of. */
  durationMs: number;
  /** The stats of a trend to show, in this order: `avg`, `p(95)`, … */
  trendStats: readonly string[];
  timeUnit: TimeUnit;
  /** What `setup()` returned. */
  setupData: unknown;
  /** Whether stdout and stderr are terminals, and whether colours are unwanted. */
  isStdOutTty: boolean;
  isStdErrTty: boolean;
  noColor: boolean;
}

/** Metrics a machine-readable summary lists: with samples, or promised by a threshold. */
export function reportedMetrics(ledger: LedgerView): readonly MetricView[] {
  return ledger.metrics().filter((view) => !view.empty || view.thresholds.length > 0);
}
