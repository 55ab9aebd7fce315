import type { Sink } from './sinks.ts';
import type { Trend } from './trend.ts';

const plain: Readonly<Record<string, (trend: Trend) => number>> = {
  avg: (trend) => (trend.count === 0 ? 0 : trend.sum / trend.count),
  min: (trend) => (trend.count === 0 ? 0 : trend.min),
  max: (trend) => (trend.count === 0 ? 0 : trend.max),
  med: (trend) => trend.percentile(50),
  count: (trend) => trend.count,
};

/** N of `p(N)`, 0 to 100; undefined when the text is none. */
export function parsePercentile(stat: string): number | undefined {
  const match = /^p\(\s*(\d+(?:\.\d*)?|\.\d+)\s*\)$/.exec(stat);
  if (match === null) return undefined;
  const percent = Number(match[1]);
  return percent <= 100 ? percent : undefined;
}

/** True for what `summaryTrendStats` may name: avg, min, med, max, count, p(N). */
export function isTrendStat(stat: string): boolean {
  return Object.hasOwn(plain, stat) || parsePercentile(stat) !== undefined;
}

/** A statistic of a trend, 0 when it is empty. Throws for one that `isTrendStat` does not know. */
export function trendStat(trend: Trend, stat: string): number {
  const percent = parsePercentile(stat);
  if (percent !== undefined) return trend.percentile(percent);
  const compute = Object.hasOwn(plain, stat) ? plain[stat] : undefined;
  if (compute === undefined) throw new Error(`'${stat}' is no statistic of a trend`);
  return compute(trend);
}

/** A statistic of any sink by the name thresholds use; times per second need the length of the run. */
export function sinkStat(sink: Sink, isRate: boolean, stat: string, elapsedMs: number): number {
  if (sink.kind === 'trend') return trendStat(sink.trend, stat);
  if (sink.kind === 'gauge') return sink.value;
  if (isRate) return sink.count === 0 ? 0 : sink.sum / sink.count;
  return stat === 'count' ? sink.sum : perSecond(sink.sum, elapsedMs);
}

export function perSecond(sum: number, elapsedMs: number): number {
  return elapsedMs > 0 ? sum / (elapsedMs / 1_000) : 0;
}
