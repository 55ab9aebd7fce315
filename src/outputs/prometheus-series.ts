import { isTrendStat, trendStat } from '../metrics/stat.ts';
import type { Trend } from '../metrics/trend.ts';
import type { Reading } from './tally.ts';
import type { Variables } from './variables.ts';

/** One number as Prometheus has it. */
export interface PrometheusValue {
  name: string;
  type: 'counter' | 'gauge';
  value: number;
}

const statsDefault = ['avg', 'min', 'med', 'max', 'p(90)', 'p(95)', 'p(99)', 'count', 'sum'];

/** Which stats of trends are told, by k6's variable. Throws a UserError for one there is not. */
export function trendStatsOf(variables: Variables): readonly string[] {
  const stats = variables.list('PROMETHEUS_RW_TREND_STATS') ?? statsDefault;
  const wrong = stats.find((stat) => stat !== 'sum' && !isTrendStat(stat));
  if (wrong === undefined) return stats;
  throw variables.wrong(
    'PROMETHEUS_RW_TREND_STATS',
    `knows avg, min, med, max, count, sum and p(N), not '${wrong}'`,
  );
}

/**
 * A reading by k6's names: `k6_http_reqs_total`, `k6_vus`, `k6_checks_rate` (0 to 1) and
 * `k6_http_req_duration_p95`, each over the run so far. Times are seconds.
 */
export function valuesOf({ metric, sink }: Reading, stats: readonly string[]): PrometheusValue[] {
  const base = `k6_${metric.name}`;
  if (sink.kind === 'trend') {
    const factor = secondsPer(metric);
    return stats.map((stat) => ({
      name: `${base}_${stat.replace(/[()]/g, '').replace('.', '_')}`,
      type: stat === 'count' || stat === 'sum' ? 'counter' : 'gauge',
      value: statOf(sink.trend, stat, factor),
    }));
  }
  if (sink.kind === 'gauge') return [{ name: base, type: 'gauge', value: sink.value }];
  if (metric.kind === 'counter')
    return [{ name: `${base}_total`, type: 'counter', value: sink.sum }];
  const rate = sink.count === 0 ? 0 : sink.sum / sink.count;
  return [{ name: `${base}_rate`, type: 'gauge', value: rate }];
}

function statOf(trend: Trend, stat: string, factor: number): number {
  if (stat === 'sum') return trend.sum * factor;
  return trendStat(trend, stat) * (stat === 'count' ? 1 : factor);
}

/** What a value of a trend is to be multiplied with: Prometheus measures time in seconds. */
export function secondsPer(metric: Reading['metric']): number {
  return metric.contains === 'time' ? 1e-3 : 1;
}

/** Tags as labels: sorted, with names Prometheus takes, without the empty ones (which it has not). */
export function labelsOf(tags: Reading['tags']): (readonly [string, string])[] {
  const labels = new Map(
    tags
      .filter(([, value]) => value !== '')
      .map(([name, value]) => [name.replace(/\W/g, '_').replace(/^(?=\d)/, '_'), value]),
  );
  return [...labels].sort(([a], [b]) => (a < b ? -1 : 1));
}
