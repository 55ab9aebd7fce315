/**
 * Distributions: the only home of hdr-histogram-js.
 *
 * A trend is a row of HDR histograms of integers with 3 significant digits, which grow as needed. Which
 * histogram a value goes to depends on its sign and size alone, so that shards agree bucket by bucket:
 *
 * - normal: thousandths, |value| < 10^12. For times in milliseconds these are microseconds.
 * - fine: billionths, |value| < 1, for custom trends of plain numbers only, such as ratios.
 * - coarse: millions, for what is larger still; beyond 9 * 10^21 percentiles saturate.
 *
 * Negative values have histograms of their own, mirrored. A value is therefore known to half a unit
 * of its histogram, or to 0.1 % where that is more. Count, sum, minimum and maximum are exact.
 */
import { Float64Histogram } from 'hdr-histogram-js';
import type { MetricContains } from './contract.ts';
import { ExactSum } from './exact-sum.ts';

export interface TrendDelta {
  readonly kind: 'trend';
  readonly count: number;
  readonly sum: number;
  /** What `sum`, being one double, leaves out. */
  readonly rest: readonly number[];
  readonly min: number;
  readonly max: number;
  readonly decks: readonly DeckDelta[];
}

/** The filled cells of one histogram. */
export interface DeckDelta {
  /** Position in `deckTable`. */
  readonly deck: number;
  readonly indices: Uint32Array;
  readonly counts: Float64Array;
}

/** From the smallest values to the largest. */
const deckTable = [
  { sign: -1, scale: 1e-6 },
  { sign: -1, scale: 1e3 },
  { sign: -1, scale: 1e9 },
  { sign: 1, scale: 1e9 },
  { sign: 1, scale: 1e3 },
  { sign: 1, scale: 1e-6 },
] as const;
const decksBySign = {
  negative: { coarse: 0, normal: 1, fine: 2 },
  positive: { coarse: 5, normal: 4, fine: 3 },
} as const;
const coarseFrom = 1e12;

const digits = 3;
/** 2^11 cells of width one, then 2^10 for each doubling: what 3 digits come to. */
const halfMagnitude = 10;
const initialTop = 2 ** 17;

export class Trend {
  readonly #fine: boolean;
  readonly #decks: (Float64Histogram | undefined)[] = deckTable.map(() => undefined);
  #count = 0;
  readonly #total = new ExactSum();
  #min = Number.POSITIVE_INFINITY;
  #max = Number.NEGATIVE_INFINITY;

  constructor(contains: MetricContains) {
    this.#fine = contains === 'default';
  }

  get count(): number {
    return this.#count;
  }
  get sum(): number {
    return this.#total.value;
  }
  /** Infinity when empty. */
  get min(): number {
    return this.#min;
  }
  /** -Infinity when empty. */
  get max(): number {
    return this.#max;
  }

  /** Records a finite number. */
  add(value: number): void {
    this.#count++;
    this.#total.add(value);
    if (value < this.#min) this.#min = value;
    if (value > this.#max) this.#max = value;
    const size = Math.abs(value);
    const decks = value < 0 ? decksBySign.negative : decksBySign.positive;
    const position =
      size >= coarseFrom ? decks.coarse : this.#fine && size < 1 ? decks.fine : decks.normal;
    const units = Math.round(size * deckTable[position].scale);
    const histogram = this.#decks[position] ?? this.#open(position);
    // The library finds the cell by logarithm and power, which costs fifteen times what the same sum
    // with integers does; a test holds the two against each other.
    if (units < 2 ** 31) {
      const doublings = Math.max(0, 31 - halfMagnitude - Math.clz32(units));
      const index = (doublings << halfMagnitude) + (units >>> doublings);
      if (index < histogram.countsArrayLength) {
        histogram.incrementCountAtIndex(index);
        return;
      }
    }
    histogram.recordValue(Math.min(units, Number.MAX_SAFE_INTEGER));
  }

  #open(position: number): Float64Histogram {
    const histogram = new Float64Histogram(1, initialTop, digits);
    histogram.autoResize = true;
    this.#decks[position] = histogram;
    return histogram;
  }

  /** What was recorded since the last `take`, which is forgotten here; undefined when nothing was. */
  take(): TrendDelta | undefined {
    if (this.#count === 0) return undefined;
    const decks: DeckDelta[] = [];
    this.#decks.forEach((histogram, deck) => {
      if (histogram === undefined) return;
      const indices: number[] = [];
      const counts: number[] = [];
      for (let index = 0; index < histogram.countsArrayLength; index++) {
        const count = histogram.getCountAtIndex(index);
        if (count === 0) continue;
        indices.push(index);
        counts.push(count);
        histogram.setCountAtIndex(index, 0);
      }
      if (indices.length > 0) {
        decks.push({ deck, indices: Uint32Array.from(indices), counts: Float64Array.from(counts) });
      }
    });
    const { sum, rest } = this.#total.take();
    const delta: TrendDelta = {
      kind: 'trend',
      count: this.#count,
      sum,
      rest,
      min: this.#min,
      max: this.#max,
      decks,
    };
    this.#count = 0;
    this.#min = Number.POSITIVE_INFINITY;
    this.#max = Number.NEGATIVE_INFINITY;
    return delta;
  }

  /** Adds what another trend of the same metric has taken. */
  merge(delta: TrendDelta): void {
    this.#count += delta.count;
    this.#total.add(delta.sum);
    for (const part of delta.rest) this.#total.add(part);
    this.#min = Math.min(this.#min, delta.min);
    this.#max = Math.max(this.#max, delta.max);
    for (const { deck, indices, counts } of delta.decks) {
      const histogram = this.#decks[deck] ?? this.#open(deck);
      const last = indices[indices.length - 1] as number;
      if (last >= histogram.countsArrayLength) histogram.resize(histogram.valueFromIndex(last));
      for (let i = 0; i < indices.length; i++) {
        histogram.addToCountAtIndex(indices[i] as number, counts[i] as number);
      }
    }
  }

  /**
   * The value below which `percent` of the samples lie, as k6 defines it: position percent/100 * (n-1)
   * in the sorted samples, interpolated between its neighbours. A neighbour is the roundest
   * number of its histogram cell, never outside minimum and maximum; the first and the last are exact. 0 when empty.
   */
  percentile(percent: number): number {
    if (this.#count === 0) return 0;
    const position = (percent / 100) * (this.#count - 1);
    const below = Math.floor(position);
    const lower = this.#valueAt(below);
    if (position === below) return lower;
    const upper = this.#valueAt(below + 1);
    return Math.min(upper, lower + (upper - lower) * (position - below));
  }

  /** The filled cells, each with a value in its middle: what a receiver makes its own buckets of. */
  *cells(): Generator<{ value: number; count: number }> {
    for (const [position, histogram] of this.#decks.entries()) {
      if (histogram === undefined) continue;
      const { sign, scale } = deckTable[position] as (typeof deckTable)[number];
      for (let index = 0; index < histogram.countsArrayLength; index++) {
        const count = histogram.getCountAtIndex(index);
        if (count === 0) continue;
        const lowest = histogram.valueFromIndex(index);
        const highest = lowest + histogram.sizeOfEquivalentValueRange(lowest) - 1;
        yield { value: (sign * (lowest + highest)) / 2 / scale, count };
      }
    }
  }

  /** The value of a rank; rank 0 is the smallest sample. */
  #valueAt(rank: number): number {
    if (rank <= 0) return this.#min;
    if (rank >= this.#count - 1) return this.#max;
    let seen = 0;
    for (const [position, histogram] of this.#decks.entries()) {
      if (histogram === undefined) continue;
      const { sign, scale } = deckTable[position] as (typeof deckTable)[number];
      const length = histogram.countsArrayLength;
      for (let i = 0; i < length; i++) {
        const index = sign < 0 ? length - 1 - i : i;
        seen += histogram.getCountAtIndex(index);
        if (seen <= rank) continue;
        const lowest = histogram.valueFromIndex(index);
        const highest = lowest + histogram.sizeOfEquivalentValueRange(lowest) - 1;
        const value = sign * roundest(lowest / scale, highest / scale);
        return Math.min(this.#max, Math.max(this.#min, value));
      }
    }
    return this.#max;
  }
}

/** A cell of a distribution: about which value, and how many. */
export interface FilledCell {
  value: number;
  count: number;
}

/** The filled cells of what a trend has taken, from the smallest value to the largest. */
export function filledCells({ decks }: TrendDelta): FilledCell[] {
  const cells = decks.flatMap(({ deck, indices, counts }) => {
    const { sign, scale } = deckTable[deck] as (typeof deckTable)[number];
    return Array.from(indices, (index, i) => {
      const doublings = Math.max(0, (index >> halfMagnitude) - 1);
      const units = (index - (doublings << halfMagnitude)) * 2 ** doublings;
      return { value: (sign * units) / scale, count: counts[i] as number };
    });
  });
  return cells.sort((a, b) => a.value - b.value);
}

/**
 * The number with the fewest digits in a cell. It is as near as any other, and a trend of whole
 * numbers, or of one constant, then reads as it was written: 3 and not 3.0005.
 */
function roundest(lowest: number, highest: number): number {
  const middle = (lowest + highest) / 2;
  for (let precision = 1; precision <= 4; precision++) {
    const rounded = Number(middle.toPrecision(precision));
    if (rounded >= lowest && rounded <= highest) return rounded;
  }
  return middle;
}
