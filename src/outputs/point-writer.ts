import type { MetricsBatch, RawChunk } from '../metrics/batch.ts';
import type { MetricDefinition, SubMetric } from '../metrics/sub-metric.ts';
import type { Thresholds } from '../metrics/threshold.ts';

interface SeriesText {
  readonly metric: MetricDefinition;
  /** The line up to the time, and from the tags on. */
  readonly head: string;
  readonly tail: string;
}

/** Turns raw samples into k6's JSON lines. */
export class PointWriter {
  readonly #thresholds: Pick<Thresholds, 'rules' | 'submetrics'>;
  readonly #bySource = new Map<number, Map<number, SeriesText>>();
  readonly #described = new Set<string>();
  #second = Number.NaN;
  #secondText = '';

  constructor(thresholds: Pick<Thresholds, 'rules' | 'submetrics'>) {
    this.#thresholds = thresholds;
  }

  /** Learns the series of a batch. */
  define(batch: MetricsBatch): void {
    let series = this.#bySource.get(batch.source);
    if (series === undefined) this.#bySource.set(batch.source, (series = new Map()));
    for (const { id, metric, tags } of batch.newSeries) {
      series.set(id, {
        metric,
        head: `{"metric":${JSON.stringify(metric.name)},"type":"Point","data":{"time":"`,
        tail: `,"tags":${JSON.stringify(Object.fromEntries(tags))}}}\n`,
      });
    }
  }

  /** Lines of the samples `from` to `to` (exclusive) of a chunk. */
  lines(source: number, chunk: RawChunk, from: number, to: number): string {
    const known = this.#bySource.get(source);
    let text = '';
    for (let i = from; i < to; i++) {
      const series = known?.get(chunk.series[i] as number);
      if (series === undefined) {
        throw new Error(`source ${source} sent series ${chunk.series[i]} before its definition`);
      }
      const { metric, head, tail } = series;
      if (!this.#described.has(metric.name)) {
        this.#described.add(metric.name);
        text += this.#description(metric);
      }
      text += `${head}${this.#time(chunk.times[i] as number)}","value":${chunk.values[i]}${tail}`;
    }
    return text;
  }

  #description({ name, kind, contains }: MetricDefinition): string {
    const { rules, submetrics } = this.#thresholds;
    const own = submetrics.filter((submetric) => submetric.parent.name === name).map(described);
    const data = {
      name,
      type: kind,
      contains,
      thresholds: rules.filter((rule) => rule.name === name).map((rule) => rule.source),
      submetrics: own.length > 0 ? own : null,
    };
    return `${JSON.stringify({ type: 'Metric', data, metric: name })}\n`;
  }

  /** RFC 3339 with as many digits as a double holds of today's time: microseconds. */
  #time(wallMs: number): string {
    let micros = Math.round(wallMs * 1_000);
    const second = Math.floor(micros / 1_000_000);
    micros -= second * 1_000_000;
    // Neighbouring samples share their second; making the text anew would cost more than the rest.
    if (second !== this.#second) {
      this.#second = second;
      this.#secondText = new Date(second * 1_000).toISOString().slice(0, -5);
    }
    if (micros === 0) return `${this.#secondText}Z`;
    const fraction = String(micros).padStart(6, '0').replace(/0+$/, '');
    return `${this.#secondText}.${fraction}Z`;
  }
}

function described({ name, suffix, tags }: SubMetric): object {
  return { name, suffix, tags: Object.fromEntries(tags) };
}
