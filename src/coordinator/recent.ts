/** The last seconds of a run, for who is watching. */
import { limits } from '../limits.ts';
import type { MetricsBatch } from '../metrics/batch.ts';
import { Trend } from '../metrics/trend.ts';

export interface RecentSeconds {
  /** Iterations that ended in each second, the latest last. */
  iterations: readonly number[];
  /** p(95) of the second's requests in milliseconds; 0 where there was none. */
  httpP95: readonly number[];
}

export class Recent {
  readonly #iterations: number[] = [];
  readonly #httpP95: number[] = [];
  #count = 0;
  #trend = new Trend('time');
  readonly #heard = new Set<number>();

  /** One batch of each shard makes a second: their clocks and ours tick at different instants. */
  add(batch: MetricsBatch): void {
    if (this.#heard.has(batch.source)) this.#second();
    this.#heard.add(batch.source);
    for (const { metric, submetric, delta } of batch.sinks) {
      if (submetric !== undefined) continue;
      if (metric.name === 'iterations' && delta.kind === 'sum') this.#count += delta.sum;
      else if (metric.name === 'http_req_duration' && delta.kind === 'trend') {
        this.#trend.merge(delta);
      }
    }
  }

  #second(): void {
    this.#heard.clear();
    keep(this.#iterations, this.#count);
    keep(this.#httpP95, this.#trend.percentile(95));
    this.#count = 0;
    this.#trend.take();
  }

  seconds(): RecentSeconds {
    return { iterations: this.#iterations, httpP95: this.#httpP95 };
  }
}

function keep(values: number[], value: number): void {
  values.push(value);
  if (values.length > limits.recentSeconds) values.shift();
}
