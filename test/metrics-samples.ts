/** What the ledger's tests share: a recorder with its registry, and ways to build one. */

import { ShardRecorder } from '../src/metrics/recorder.ts';
import { createRegistry, type MetricRegistry } from '../src/metrics/registry.ts';
import type { SubMetric } from '../src/metrics/sub-metric.ts';

export interface Bench {
  registry: MetricRegistry;
  recorder: ShardRecorder;
  warnings: string[];
}

export function bench(submetrics: readonly SubMetric[] = [], source = 0): Bench {
  const warnings: string[] = [];
  const warn = (message: string) => void warnings.push(message);
  return {
    registry: createRegistry(),
    recorder: new ShardRecorder({ source, submetrics, warn }),
    warnings,
  };
}
