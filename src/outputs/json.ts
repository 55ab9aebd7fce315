import type { MetricsBatch, RawChunk } from '../metrics/batch.ts';
import type { MetricDefinition, SubMetric } from '../metrics/sub-metric.ts';
import type { Thresholds } from '../metrics/threshold.ts';
import type { Output, OutputIo } from './output.ts';
import { Rfc3339 } from './rfc3339.ts';
import { SampleOutput, type SampleWriter } from './sample-output.ts';
import { SeriesTexts } from './series-texts.ts';

/** k6's `--out json`: one JSON object a line, to a file or standard output (`json`, `json=-`). */
export function createJsonOutput(argument: string, io: OutputIo): Output {
  const target = { path: argument === '' ? '-' : argument, intervalMs: 0 };
  return new SampleOutput(target, new JsonWriter(io.thresholds), io);
}

interface SeriesText {
  readonly metric: MetricDefinition;
  /** The line up to the time, and from the tags on. */
  readonly head: string;
  readonly tail: string;
}

class JsonWriter implements SampleWriter {
  readonly format = 'json';
  readonly header = '';
  readonly #thresholds: Pick<Thresholds, 'rules' | 'submetrics'>;
  readonly #series = new SeriesTexts<SeriesText>(({ metric, tags }) => ({
    metric,
    head: `{"metric":${JSON.stringify(metric.name)},"type":"Point","data":{"time":"`,
    tail: `,"tags":${JSON.stringify(Object.fromEntries(tags))}}}\n`,
  }));
  readonly #described = new Set<string>();
  readonly #time = new Rfc3339();

  constructor(thresholds: Pick<Thresholds, 'rules' | 'submetrics'>) {
    this.#thresholds = thresholds;
  }

  define(batch: MetricsBatch): void {
    this.#series.define(batch);
  }

  lines(source: number, chunk: RawChunk, from: number, to: number): string {
    let text = '';
    for (let i = from; i < to; i++) {
      const { metric, head, tail } = this.#series.of(source, chunk.series[i] as number);
      if (!this.#described.has(metric.name)) {
        this.#described.add(metric.name);
        text += this.#description(metric);
      }
      text += `${head}${this.#time.text(chunk.times[i] as number)}","value":${chunk.values[i]}${tail}`;
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
}

function described({ name, suffix, tags }: SubMetric): object {
  return { name, suffix, tags: Object.fromEntries(tags) };
}
