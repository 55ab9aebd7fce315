import type { MetricsBatch } from '../metrics/batch.ts';

/** What an output has made of each series, so that a sample costs a look-up and no tags. */
export class SeriesTexts<T> {
  readonly #make: (series: MetricsBatch['newSeries'][number]) => T;
  readonly #bySource = new Map<number, Map<number, T>>();

  constructor(make: (series: MetricsBatch['newSeries'][number]) => T) {
    this.#make = make;
  }

  /** Learns the series of a batch. */
  define(batch: MetricsBatch): void {
    let texts = this.#bySource.get(batch.source);
    if (texts === undefined) this.#bySource.set(batch.source, (texts = new Map()));
    for (const series of batch.newSeries) texts.set(series.id, this.#make(series));
  }

  of(source: number, series: number): T {
    const found = this.#bySource.get(source)?.get(series);
    if (found !== undefined) return found;
    throw new Error(`source ${source} sent series ${series} before its definition`);
  }
}
