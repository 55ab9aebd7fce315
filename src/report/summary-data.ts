import type { SummaryData, SummaryMetric } from '../../runtime/contract/summary.ts';
import { groupTree } from './group-tree.ts';
import { reportedMetrics, type SummaryInput } from './summary-input.ts';

/** The argument of the script's `handleSummary(data)`. */
export function summaryData(input: SummaryInput): SummaryData {
  const metrics: Record<string, SummaryMetric> = {};
  for (const view of reportedMetrics(input.ledger)) {
    const metric: SummaryMetric = {
      type: view.metric.kind,
      contains: view.metric.contains,
      values: view.values(input.trendStats),
    };
    if (view.thresholds.length > 0) {
      metric.thresholds = Object.fromEntries(
        view.thresholds.map((threshold) => [threshold.source, { ok: threshold.ok }]),
      );
    }
    metrics[view.name] = metric;
  }
  return {
    root_group: groupTree(input.ledger),
    options: {
      summaryTrendStats: [...input.trendStats],
      summaryTimeUnit: input.timeUnit,
      noColor: input.noColor,
    },
    state: {
      isStdOutTTY: input.isStdOutTty,
      isStdErrTTY: input.isStdErrTty,
      testRunDurationMs: input.durationMs,
    },
    metrics,
    ...(input.setupData === undefined ? {} : { setup_data: input.setupData }),
  };
}
