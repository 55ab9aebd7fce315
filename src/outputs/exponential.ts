import type { Trend } from '../metrics/trend.ts';

/** A distribution in buckets whose bounds grow by a constant factor, by the number of the bucket. */
export interface Exponential {
  readonly zero: number;
  /** The bucket `n` holds what is above base^(n-1) and up to base^n, base being 2^(2^-schema). */
  readonly positive: ReadonlyMap<number, number>;
  /** The same of the sizes of negative values. */
  readonly negative: ReadonlyMap<number, number>;
}

/** Buckets 9 % wide: ten times as coarse as a trend, and no more than a few hundred of them. */
export const exponentialSchema = 3;

/** The cells of a trend, its values times `factor`, in exponential buckets. */
export function exponential(trend: Trend, factor: number): Exponential {
  let zero = 0;
  const positive = new Map<number, number>();
  const negative = new Map<number, number>();
  for (const { value, count } of trend.cells()) {
    const size = Math.abs(value) * factor;
    if (size < Number.MIN_VALUE * 2 ** 52) {
      zero += count;
      continue;
    }
    const index = Math.ceil(Math.log2(size) * 2 ** exponentialSchema);
    const side = value < 0 ? negative : positive;
    side.set(index, (side.get(index) ?? 0) + count);
  }
  const sorted = (map: Map<number, number>) => new Map([...map].sort(([a], [b]) => a - b));
  return { zero, positive: sorted(positive), negative: sorted(negative) };
}
