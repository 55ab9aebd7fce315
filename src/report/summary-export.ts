import type { SummaryCheck, SummaryGroup } from '../../runtime/contract/summary.ts';
import type { MetricView } from '../metrics/view.ts';
import { groupTree } from './group-tree.ts';
import { reportedMetrics, type SummaryInput } from './summary-input.ts';

/** A group of the legacy export: children and checks by name instead of in order. */
export interface ExportedGroup {
  name: string;
  path: string;
  id: string;
  groups: Record<string, ExportedGroup>;
  checks: Record<string, SummaryCheck>;
}

/** k6's legacy `--summary-export`. Its thresholds are true when *crossed*. */
export interface SummaryExport {
  root_group: ExportedGroup;
  metrics: Record<string, Record<string, number | Record<string, boolean>>>;
  setup_data?: unknown;
}

function exportGroup(group: SummaryGroup): ExportedGroup {
  return {
    name: group.name,
    path: group.path,
    id: group.id,
    groups: Object.fromEntries(group.groups.map((child) => [child.name, exportGroup(child)])),
    checks: Object.fromEntries(group.checks.map((check) => [check.name, check])),
  };
}

function exportValues(view: MetricView, trendStats: readonly string[]): Record<string, number> {
  const values = view.values(trendStats);
  if (view.metric.kind !== 'rate') return values;
  return { value: values.rate ?? 0, passes: values.passes ?? 0, fails: values.fails ?? 0 };
}

export function summaryExport(input: SummaryInput): SummaryExport {
  const metrics: SummaryExport['metrics'] = {};
  for (const view of reportedMetrics(input.ledger)) {
    metrics[view.name] = {
      ...exportValues(view, input.trendStats),
      ...(view.thresholds.length === 0
        ? {}
        : { thresholds: Object.fromEntries(view.thresholds.map((t) => [t.source, !t.ok])) }),
    };
  }
  return {
    root_group: exportGroup(groupTree(input.ledger)),
    metrics,
    ...(input.setupData === undefined ? {} : { setup_data: input.setupData }),
  };
}
