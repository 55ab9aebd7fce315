import { limits } from '../limits.ts';
import { type MetricsBatch, otherTag } from '../metrics/batch.ts';
import { createSink, mergeDelta, type Sink } from '../metrics/sinks.ts';
import type { MetricDefinition } from '../metrics/sub-metric.ts';
import type { OutputIo } from './output.ts';

type Tags = readonly (readonly [string, string])[];

/** What was recorded of one metric with these tags. */
export interface Reading {
  readonly metric: MetricDefinition;
  readonly tags: Tags;
  readonly sink: Sink;
}

/** The stats of a trend that receivers without distributions are told, by names without brackets. */
export const trendFields: Readonly<Record<string, string>> = {
  avg: 'avg',
  min: 'min',
  med: 'med',
  max: 'max',
  p90: 'p(90)',
  p95: 'p(95)',
  p99: 'p(99)',
};

interface Entry {
  readonly metric: MetricDefinition;
  readonly tags: Tags;
  sink: Sink;
}

/**
 * The sums of all shards, for receivers of metrics. Counters and rates are kept by their tags. Gauges and
 * trends are kept for the metric and for each sub-metric (a threshold such as `http_req_duration{name:login}`
 * makes one), with the tags that are in its name: a distribution for each tag set would outgrow the memory.
 * Memory grows with the number of series and not with time.
 */
export class Tally {
  readonly #tags: Tags;
  readonly #tagsOf: ReadonlyMap<string, Tags>;
  readonly #entries = new Map<string, Entry>();
  /** By source, then by the series id of that source. */
  readonly #bySource = new Map<number, (Entry | undefined)[]>();
  readonly #changed = new Set<Entry>();

  constructor({ thresholds, tags }: Pick<OutputIo, 'thresholds' | 'tags'>) {
    this.#tags = Object.entries(tags);
    this.#tagsOf = new Map(thresholds.submetrics.map((one) => [one.name, one.tags]));
  }

  add(batch: MetricsBatch): void {
    for (const { id, metric, tags } of batch.newSeries) {
      if (metric.kind !== 'counter' && metric.kind !== 'rate') continue;
      let ofSource = this.#bySource.get(batch.source);
      if (ofSource === undefined) this.#bySource.set(batch.source, (ofSource = []));
      ofSource[id] = this.#entry(metric, tags);
    }
    const ofSource = this.#bySource.get(batch.source);
    const { ids, counts, sums, rests } = batch.series;
    for (let i = 0; i < ids.length; i++) {
      const entry = ofSource?.[ids[i] as number];
      if (entry === undefined) continue;
      const [count, sum] = [counts[i] as number, sums[i] as number];
      this.#merge(entry, { kind: 'sum', count, sum, rest: rests.get(i) ?? [] });
    }
    for (const { metric, submetric, delta } of batch.sinks) {
      if (delta.kind === 'sum') continue;
      const own = submetric === undefined ? [] : (this.#tagsOf.get(submetric) ?? []);
      const tags = new Map([...this.#tags, ...own]);
      this.#merge(this.#entry(metric, [...tags]), delta);
    }
  }

  #merge(entry: Entry, delta: Parameters<typeof mergeDelta>[1]): void {
    mergeDelta(entry.sink, delta);
    this.#changed.add(entry);
  }

  #entry(metric: MetricDefinition, given: Tags): Entry {
    let tags = given;
    let key = `${metric.name} ${JSON.stringify(tags)}`;
    if (!this.#entries.has(key) && this.#entries.size >= limits.series) {
      tags = [otherTag];
      key = `${metric.name} ${JSON.stringify(tags)}`;
    }
    let entry = this.#entries.get(key);
    if (entry === undefined) {
      entry = { metric, tags, sink: createSink(metric.kind, metric.contains) };
      this.#entries.set(key, entry);
    }
    return entry;
  }

  /** How many tags the whole run has; a gauge or trend with more of them is a sub-metric. */
  get runTags(): number {
    return this.#tags.length;
  }

  /** Everything since the start of the run. */
  all(): readonly Reading[] {
    return [...this.#entries.values()];
  }

  /** What has changed since the last call, as it stands since the start of the run. */
  changed(): readonly Reading[] {
    const changed = [...this.#changed];
    this.#changed.clear();
    return changed;
  }

  /** These did not arrive: they count as changed. */
  again(readings: readonly Reading[]): void {
    for (const reading of readings) this.#changed.add(reading);
  }

  /** These were drained and did not arrive: they are part of what is drained next. */
  restore(readings: readonly Reading[]): void {
    for (const { metric, tags, sink } of readings) {
      const delta = sink.take();
      if (delta !== undefined) this.#merge(this.#entry(metric, tags), delta);
    }
  }

  /** What came since the last call, which is forgotten. */
  drain(): readonly Reading[] {
    return this.changed().map((reading) => {
      const { metric, tags, sink } = reading;
      (reading as Entry).sink = createSink(metric.kind, metric.contains);
      return { metric, tags, sink };
    });
  }
}
