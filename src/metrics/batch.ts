/** What a shard sends once a second. Structured-cloneable; everything is the change since the last one. */
import type { SinkDelta } from './sinks.ts';
import type { MetricDefinition } from './sub-metric.ts';

export interface MetricsBatch {
  /** Who recorded it. Series ids are this recorder's own, so its batches must be merged in order. */
  readonly source: number;
  /** Series not named before. */
  readonly newSeries: readonly SeriesDefinition[];
  /** Totals of metrics and sub-metrics. */
  readonly sinks: readonly NamedDelta[];
  /** Counters and rates by series: columns of equal length. */
  readonly series: {
    readonly ids: Int32Array;
    readonly counts: Float64Array;
    readonly sums: Float64Array;
    /** What a sum, being one double, leaves out, by row; rows of which it is nothing are not here. */
    readonly rests: ReadonlyMap<number, readonly number[]>;
  };
  readonly checks: readonly CheckDelta[];
  /** Paths of groups not named before. */
  readonly groups: readonly string[];
  /** Each sample, when an output asked for them. */
  readonly raw: RawSamples | undefined;
}

export interface SeriesDefinition {
  readonly id: number;
  readonly metric: MetricDefinition;
  readonly tags: readonly (readonly [string, string])[];
}

export interface NamedDelta {
  readonly metric: MetricDefinition;
  /** The sub-metric's full name, or undefined for the metric itself. */
  readonly submetric: string | undefined;
  readonly delta: SinkDelta;
}

export interface CheckDelta {
  readonly group: string;
  readonly name: string;
  readonly passes: number;
  readonly fails: number;
}

export interface RawSamples {
  readonly chunks: readonly RawChunk[];
  /** Samples that `limits.rawSamplesPerFlush` left no room for. */
  readonly dropped: number;
}

/** Columns of equal length. */
export interface RawChunk {
  /** Milliseconds since 1970, with a fraction. */
  readonly times: Float64Array;
  readonly values: Float64Array;
  readonly series: Int32Array;
}

/** The tag of the series that holds what came after the cap. */
export const otherTag: readonly [string, string] = ['__other__', 'true'];
