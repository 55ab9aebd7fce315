import { limits } from '../limits.ts';
import { type MetricsBatch, otherTag, type SeriesDefinition } from './batch.ts';
import type { Metric } from './contract.ts';
import { createSink, mergeDelta, type Sink, SumSink } from './sinks.ts';
import { perSecond, trendStat } from './stat.ts';
import type { MetricDefinition, SubMetric } from './sub-metric.ts';
import type { CheckView, LedgerView, MetricView, SeriesView, ThresholdView } from './view.ts';

interface Entry {
  readonly name: string;
  readonly metric: Metric;
  readonly submetric: SubMetric | undefined;
  readonly sink: Sink;
  thresholds: readonly ThresholdView[];
}

interface SeriesTotal {
  readonly tags: Readonly<Record<string, string>>;
  readonly total: SumSink;
}

interface CheckTotal {
  readonly group: string;
  readonly name: string;
  passes: number;
  fails: number;
}

/**
 * The numbers of the whole run, folded from the batches of all shards. The order in which shards are
 * merged does not matter; the batches of one shard must come in theirs. Metrics whose value is a sum
 * over shards and no gauge of one of them (`vus`, `vus_max`) are recorded by the coordinator's own
 * recorder, whose batches are merged here as any other.
 */
export class Ledger implements LedgerView {
  readonly #entries = new Map<string, Entry>();
  readonly #metrics = new Map<string, Metric>();
  readonly #submetrics: readonly SubMetric[];
  readonly #checks = new Map<string, CheckTotal>();
  readonly #groups = new Set<string>();
  readonly #series = new Map<string, Map<string, SeriesTotal>>();
  /** By source, then by the series id of that source. */
  readonly #bySource = new Map<number, (SeriesTotal | undefined)[]>();
  #seriesCount = 0;
  #elapsedMs = 0;

  constructor(submetrics: readonly SubMetric[]) {
    this.#submetrics = submetrics;
    for (const submetric of submetrics) this.#entry(submetric.parent, submetric);
  }

  /** How long the test has run, for what is counted per second. */
  setElapsed(ms: number): void {
    this.#elapsedMs = ms;
  }
  get elapsedMs(): number {
    return this.#elapsedMs;
  }

  merge(batch: MetricsBatch): void {
    for (const definition of batch.newSeries) this.#defineSeries(batch.source, definition);
    for (const { metric, submetric, delta } of batch.sinks) {
      const name = submetric ?? metric.name;
      const entry = this.#entries.get(name) ?? this.#entry(metric, undefined);
      mergeDelta(entry.sink, delta);
    }
    const { ids, counts, sums, rests } = batch.series;
    const known = this.#bySource.get(batch.source);
    for (let i = 0; i < ids.length; i++) {
      const series = known?.[ids[i] as number];
      if (series === undefined) {
        throw new Error(`source ${batch.source} sent series ${ids[i]} before its definition`);
      }
      series.total.merge({
        kind: 'sum',
        count: counts[i] as number,
        sum: sums[i] as number,
        rest: rests.get(i) ?? [],
      });
    }
    for (const { group, name, passes, fails } of batch.checks) {
      const check = this.#check(group, name);
      check.passes += passes;
      check.fails += fails;
    }
    for (const path of batch.groups) this.#noteGroup(path);
  }

  /** Begins anew: names stay, numbers go. */
  forget(): void {
    for (const { sink } of this.#entries.values()) sink.take();
    for (const ofMetric of this.#series.values()) {
      for (const { total } of ofMetric.values()) total.take();
    }
    for (const check of this.#checks.values()) {
      check.passes = 0;
      check.fails = 0;
    }
  }

  #metric({ name, kind, contains }: MetricDefinition): Metric {
    const known = this.#metrics.get(name);
    if (known !== undefined) return known;
    const metric: Metric = { id: this.#metrics.size, name, kind, contains };
    this.#metrics.set(name, metric);
    return metric;
  }

  #entry(definition: MetricDefinition, submetric: SubMetric | undefined): Entry {
    const entry: Entry = {
      name: submetric?.name ?? definition.name,
      metric: this.#metric(definition),
      submetric,
      sink: createSink(definition.kind, definition.contains),
      thresholds: [],
    };
    this.#entries.set(entry.name, entry);
    return entry;
  }

  #defineSeries(source: number, { id, metric, tags }: SeriesDefinition): void {
    if (metric.kind !== 'counter' && metric.kind !== 'rate') return;
    let ofMetric = this.#series.get(metric.name);
    if (ofMetric === undefined) this.#series.set(metric.name, (ofMetric = new Map()));
    let key = JSON.stringify(tags);
    let kept = tags;
    if (!ofMetric.has(key) && this.#seriesCount >= limits.series) {
      kept = [otherTag];
      key = JSON.stringify(kept);
    }
    let series = ofMetric.get(key);
    if (series === undefined) {
      series = { tags: Object.fromEntries(kept), total: new SumSink() };
      ofMetric.set(key, series);
      this.#seriesCount++;
    }
    let ofSource = this.#bySource.get(source);
    if (ofSource === undefined) this.#bySource.set(source, (ofSource = []));
    ofSource[id] = series;
  }

  #check(group: string, name: string): CheckTotal {
    const key = `${group}\0${name}`;
    const known = this.#checks.get(key);
    if (known !== undefined) return known;
    if (this.#checks.size >= limits.checks && name !== otherTag[0]) {
      return this.#check('', otherTag[0]);
    }
    const check: CheckTotal = { group, name, passes: 0, fails: 0 };
    this.#checks.set(key, check);
    return check;
  }

  #noteGroup(path: string): void {
    if (this.#groups.has(path) || this.#groups.size >= limits.groups) return;
    const parentEnd = path.lastIndexOf('::');
    if (parentEnd > 0) this.#noteGroup(path.slice(0, parentEnd));
    this.#groups.add(path);
  }

  /** The sink of a metric or sub-metric, made when the run has not touched it yet. */
  sink(definition: MetricDefinition, name: string): Sink {
    const known = this.#entries.get(name);
    return (known ?? this.#entry(definition, undefined)).sink;
  }

  /** What the last evaluation said about a metric or sub-metric. */
  setThresholds(name: string, views: readonly ThresholdView[]): void {
    const entry = this.#entries.get(name);
    if (entry !== undefined) entry.thresholds = views;
  }

  metrics(): readonly MetricView[] {
    const views: MetricView[] = [];
    const names = [...this.#metrics.keys()].sort();
    for (const name of names) {
      const own = this.#submetrics.filter((submetric) => submetric.parent.name === name);
      for (const shown of [name, ...own.map((submetric) => submetric.name)]) {
        const view = this.metric(shown);
        if (view !== undefined) views.push(view);
      }
    }
    return views;
  }

  metric(name: string): MetricView | undefined {
    const entry = this.#entries.get(name);
    if (entry === undefined) return undefined;
    const { metric, submetric, sink, thresholds } = entry;
    if (sink.count === 0 && thresholds.length === 0) return undefined;
    return {
      name,
      metric,
      parent: submetric?.parent.name,
      suffix: submetric?.suffix,
      empty: sink.count === 0,
      count: sink.count,
      values: (trendStats) => this.#values(entry, trendStats),
      thresholds,
    };
  }

  #values({ metric, sink }: Entry, trendStats: readonly string[]): Record<string, number> {
    if (sink.kind === 'trend') {
      return Object.fromEntries(trendStats.map((stat) => [stat, trendStat(sink.trend, stat)]));
    }
    if (sink.kind === 'gauge') {
      const empty = sink.count === 0;
      return { value: sink.value, min: empty ? 0 : sink.min, max: empty ? 0 : sink.max };
    }
    if (metric.kind === 'counter') {
      return { count: sink.sum, rate: perSecond(sink.sum, this.#elapsedMs) };
    }
    const rate = sink.count === 0 ? 0 : sink.sum / sink.count;
    return { rate, passes: sink.sum, fails: sink.count - sink.sum };
  }

  checks(): readonly CheckView[] {
    return [...this.#checks.values()].map((check) => ({ ...check }));
  }

  groups(): readonly string[] {
    return [...this.#groups];
  }

  series(metricName: string): readonly SeriesView[] {
    const series = this.#series.get(metricName)?.values() ?? [];
    return Array.from(series, ({ tags, total }) => ({ tags, sum: total.sum, count: total.count }));
  }
}
