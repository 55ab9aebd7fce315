import { limits } from '../limits.ts';
import {
  type CheckDelta,
  type MetricsBatch,
  type NamedDelta,
  otherTag,
  type SeriesDefinition,
} from './batch.ts';
import type { Metric, Recorder, TagSet } from './contract.ts';
import { RawBuffer } from './raw-buffer.ts';
import { createSink, type Sink, SumSink } from './sinks.ts';
import { type MetricDefinition, matches, type SubMetric } from './sub-metric.ts';
import { tagLosses, uninternedId } from './tag-set.ts';

interface Series {
  readonly id: number;
  readonly tags: readonly (readonly [string, string])[];
  readonly entry: MetricEntry;
  /** The metric's total, the sub-metrics it belongs to, and its check: all that one sample feeds. */
  sinks: readonly Sink[];
  /** The series' own number; trends and gauges have none, they would be too large. */
  readonly own: SumSink | undefined;
  announced: boolean;
}

interface MetricEntry {
  readonly definition: MetricDefinition;
  readonly isRate: boolean;
  readonly keepsNumber: boolean;
  readonly total: Sink;
  readonly submetrics: readonly { readonly submetric: SubMetric; readonly sink: Sink }[];
  readonly byTags: Map<number, Series>;
  /** Holds what came after the cap. */
  other: Series | undefined;
}

interface CheckEntry {
  readonly group: string;
  readonly name: string;
  readonly sink: SumSink;
}

export interface ShardRecorderOptions {
  /** A number no other recorder of the run has. */
  source: number;
  submetrics: readonly SubMetric[];
  /** Called with a sentence when tags or series run into a bound; once for each bound. */
  warn: (message: string) => void;
}

/**
 * Folds the samples of one shard into sinks. Once a series is known a sample costs a look-up and a few
 * additions, and allocates nothing; memory grows with the number of series, up to `limits.series`.
 */
export class ShardRecorder implements Recorder {
  readonly #options: ShardRecorderOptions;
  readonly #entries: (MetricEntry | undefined)[] = [];
  readonly #checks = new Map<string, CheckEntry>();
  readonly #groups = new Set<string>();
  readonly #warned = new Set<string>();
  #newGroups: string[] = [];
  #newSeries: SeriesDefinition[] = [];
  #dirty: Series[] = [];
  #seriesCount = 0;
  #nextSeriesId = 0;
  #raw: RawBuffer | undefined;

  constructor(options: ShardRecorderOptions) {
    this.#options = options;
  }

  /** Whether each sample is also carried in the batches, for outputs that want them all. */
  keepRaw(keep: boolean): void {
    this.#raw = keep ? (this.#raw ?? new RawBuffer()) : undefined;
  }

  /** Records one sample. A value that is not finite is left out, with a warning. */
  add(metric: Metric, tags: TagSet, value: number, wallMs: number): void {
    if (!Number.isFinite(value)) {
      this.#warnOnce('finite', `metric '${metric.name}' was given ${value}, which is not counted`);
      return;
    }
    const entry = this.#entries[metric.id] ?? this.#open(metric);
    const series = entry.byTags.get(tags.id) ?? this.#resolve(entry, tags);
    const counted = entry.isRate && value !== 0 ? 1 : value;
    for (let i = 0; i < series.sinks.length; i++) (series.sinks[i] as Sink).add(counted, wallMs);
    if (series.own !== undefined) {
      if (series.own.count === 0) {
        this.#announce(series);
        this.#dirty.push(series);
      }
      series.own.add(counted);
    }
    if (this.#raw !== undefined) {
      this.#announce(series);
      this.#raw.push(wallMs, counted, series.id);
    }
  }

  #open(metric: Metric): MetricEntry {
    const { name, kind, contains } = metric;
    const entry: MetricEntry = {
      definition: { name, kind, contains },
      isRate: kind === 'rate',
      keepsNumber: kind === 'rate' || kind === 'counter',
      total: createSink(kind, contains),
      submetrics: this.#options.submetrics
        .filter((submetric) => submetric.parent.name === name)
        .map((submetric) => ({ submetric, sink: createSink(kind, contains) })),
      byTags: new Map(),
      other: undefined,
    };
    this.#entries[metric.id] = entry;
    return entry;
  }

  /** A series seen for the first time, or `__other__` when there is no room for it. */
  #resolve(entry: MetricEntry, tags: TagSet): Series {
    const sinks = this.#sinksFor(entry, tags);
    if (tags.id === uninternedId || this.#seriesCount >= limits.series) {
      this.#warnOnce(
        'series',
        `more than ${limits.series} time series: totals and thresholds stay exact, but what is new now ` +
          `counts under the tag ${otherTag[0]}; give requests with varying URLs one 'name' tag`,
      );
      entry.other ??= this.#newSeriesOf(entry, [otherTag]);
      // Sub-metrics and checks go by the sample's real tags, also for what has no series of its own.
      entry.other.sinks = sinks;
      return entry.other;
    }
    this.#seriesCount++;
    if (this.#seriesCount > limits.seriesWarning) {
      this.#warnOnce(
        'many',
        `more than ${limits.seriesWarning} time series (distinct tags of metrics): memory grows with ` +
          "each; give requests with varying URLs one 'name' tag",
      );
    }
    const series = this.#newSeriesOf(entry, tags.entries());
    series.sinks = sinks;
    entry.byTags.set(tags.id, series);
    return series;
  }

  #newSeriesOf(entry: MetricEntry, tags: Series['tags']): Series {
    const own = entry.keepsNumber ? new SumSink() : undefined;
    return { id: this.#nextSeriesId++, tags, entry, sinks: [], own, announced: false };
  }

  #sinksFor(entry: MetricEntry, tags: TagSet): Sink[] {
    const sinks = [entry.total];
    for (const { submetric, sink } of entry.submetrics) {
      if (matches(submetric, tags)) sinks.push(sink);
    }
    const { name } = entry.definition;
    if (name === 'checks') {
      const group = tags.get('group') ?? '';
      this.#noteGroup(group);
      sinks.push(this.#checkSink(group, tags.get('check') ?? ''));
    } else if (name === 'group_duration') {
      this.#noteGroup(tags.get('group') ?? '');
    }
    return sinks;
  }

  #noteGroup(path: string): void {
    if (path === '' || this.#groups.has(path) || this.#groups.size >= limits.groups) return;
    this.#groups.add(path);
    this.#newGroups.push(path);
  }

  #checkSink(group: string, name: string): SumSink {
    const key = `${group}\0${name}`;
    let check = this.#checks.get(key);
    if (check === undefined && this.#checks.size >= limits.checks) {
      this.#warnOnce(
        'checks',
        `more than ${limits.checks} checks by name and group: new ones count as '${otherTag[0]}'`,
      );
      const other = { group: '', name: otherTag[0], sink: new SumSink() };
      check = this.#checks.get(otherTag[0]) ?? other;
      this.#checks.set(otherTag[0], check);
    } else if (check === undefined) {
      check = { group, name, sink: new SumSink() };
      this.#checks.set(key, check);
    }
    return check.sink;
  }

  #announce(series: Series): void {
    if (series.announced) return;
    series.announced = true;
    const { id, tags, entry } = series;
    this.#newSeries.push({ id, metric: entry.definition, tags });
  }

  #warnOnce(about: string, message: string): void {
    if (this.#warned.has(about)) return;
    this.#warned.add(about);
    this.#options.warn(message);
  }

  /** What happened since the last flush. Costs what changed, not what there is. */
  flush(): MetricsBatch {
    if (tagLosses.cut > 0) {
      this.#warnOnce('cut', `a tag longer than ${limits.tagLength} characters was cut`);
    }
    if (tagLosses.dropped > 0) {
      this.#warnOnce(
        'dropped',
        `a sample had more than ${limits.tagsPerSample} tags; those beyond are left out`,
      );
    }
    const length = this.#dirty.length;
    const series = {
      ids: new Int32Array(length),
      counts: new Float64Array(length),
      sums: new Float64Array(length),
      rests: new Map<number, readonly number[]>(),
    };
    this.#dirty.forEach(({ id, own }, i) => {
      const delta = own?.take();
      series.ids[i] = id;
      series.counts[i] = delta?.count ?? 0;
      series.sums[i] = delta?.sum ?? 0;
      if (delta !== undefined && delta.rest.length > 0) series.rests.set(i, delta.rest);
    });
    const batch: MetricsBatch = {
      source: this.#options.source,
      newSeries: this.#newSeries,
      sinks: this.#takeSinks(),
      series,
      checks: this.#takeChecks(),
      groups: this.#newGroups,
      raw: this.#raw?.take(),
    };
    this.#dirty = [];
    this.#newSeries = [];
    this.#newGroups = [];
    return batch;
  }

  #takeSinks(): NamedDelta[] {
    const taken: NamedDelta[] = [];
    for (const entry of this.#entries) {
      const total = entry?.total.take();
      // No sample, then none in the sub-metrics either.
      if (entry === undefined || total === undefined) continue;
      taken.push({ metric: entry.definition, submetric: undefined, delta: total });
      for (const { submetric, sink } of entry.submetrics) {
        const delta = sink.take();
        if (delta) taken.push({ metric: entry.definition, submetric: submetric.name, delta });
      }
    }
    return taken;
  }

  #takeChecks(): CheckDelta[] {
    const taken: CheckDelta[] = [];
    for (const { group, name, sink } of this.#checks.values()) {
      const delta = sink.take();
      if (delta === undefined) continue;
      taken.push({ group, name, passes: delta.sum, fails: delta.count - delta.sum });
    }
    return taken;
  }
}
