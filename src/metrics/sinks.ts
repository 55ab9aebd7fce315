/** Where samples end: what is kept of a metric, a sub-metric, a check. Every sink merges without loss. */
import type { MetricContains, MetricKind } from './contract.ts';
import { ExactSum } from './exact-sum.ts';
import { Trend, type TrendDelta } from './trend.ts';

/** Counters add up values; rates are the same thing with values of 0 and 1. */
export interface SumDelta {
  readonly kind: 'sum';
  readonly count: number;
  readonly sum: number;
  /** What `sum`, being one double, leaves out. */
  readonly rest: readonly number[];
}

export interface GaugeDelta {
  readonly kind: 'gauge';
  readonly count: number;
  readonly value: number;
  /** Milliseconds since 1970 of the last sample. */
  readonly time: number;
  readonly min: number;
  readonly max: number;
}

export type SinkDelta = SumDelta | GaugeDelta | TrendDelta;

export class SumSink {
  readonly kind = 'sum';
  readonly #total = new ExactSum();
  count = 0;

  get sum(): number {
    return this.#total.value;
  }

  add(value: number): void {
    this.count++;
    this.#total.add(value);
  }

  take(): SumDelta | undefined {
    if (this.count === 0) return undefined;
    const { sum, rest } = this.#total.take();
    const delta: SumDelta = { kind: 'sum', count: this.count, sum, rest };
    this.count = 0;
    return delta;
  }

  merge(delta: SumDelta): void {
    this.count += delta.count;
    this.#total.add(delta.sum);
    for (const part of delta.rest) this.#total.add(part);
  }
}

/** The last value by time; of two at the same time from two shards the larger, to be the same each run. */
export class GaugeSink {
  readonly kind = 'gauge';
  count = 0;
  value = 0;
  min = Number.POSITIVE_INFINITY;
  max = Number.NEGATIVE_INFINITY;
  #time = Number.NEGATIVE_INFINITY;

  add(value: number, wallMs: number): void {
    this.count++;
    if (value < this.min) this.min = value;
    if (value > this.max) this.max = value;
    if (wallMs >= this.#time) {
      this.#time = wallMs;
      this.value = value;
    }
  }

  take(): GaugeDelta | undefined {
    if (this.count === 0) return undefined;
    const { count, value, min, max } = this;
    const delta: GaugeDelta = { kind: 'gauge', count, value, time: this.#time, min, max };
    this.count = 0;
    this.min = Number.POSITIVE_INFINITY;
    this.max = Number.NEGATIVE_INFINITY;
    this.#time = Number.NEGATIVE_INFINITY;
    return delta;
  }

  merge(delta: GaugeDelta): void {
    this.count += delta.count;
    this.min = Math.min(this.min, delta.min);
    this.max = Math.max(this.max, delta.max);
    const later = delta.time > this.#time;
    if (later || (delta.time === this.#time && delta.value > this.value)) {
      this.#time = delta.time;
      this.value = delta.value;
    }
  }
}

export class TrendSink {
  readonly kind = 'trend';
  readonly trend: Trend;

  constructor(contains: MetricContains) {
    this.trend = new Trend(contains);
  }

  get count(): number {
    return this.trend.count;
  }
  add(value: number): void {
    this.trend.add(value);
  }
  take(): TrendDelta | undefined {
    return this.trend.take();
  }
  merge(delta: TrendDelta): void {
    this.trend.merge(delta);
  }
}

export type Sink = SumSink | GaugeSink | TrendSink;

export function createSink(kind: MetricKind, contains: MetricContains): Sink {
  if (kind === 'trend') return new TrendSink(contains);
  return kind === 'gauge' ? new GaugeSink() : new SumSink();
}

/** Merges a delta into a sink of its own kind; a batch of another kind is our bug. */
export function mergeDelta(sink: Sink, delta: SinkDelta): void {
  if (sink.kind === 'sum' && delta.kind === 'sum') sink.merge(delta);
  else if (sink.kind === 'gauge' && delta.kind === 'gauge') sink.merge(delta);
  else if (sink.kind === 'trend' && delta.kind === 'trend') sink.merge(delta);
  else throw new Error(`a ${delta.kind} delta does not fit a ${sink.kind} sink`);
}
