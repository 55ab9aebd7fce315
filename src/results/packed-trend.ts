/** Distributions as short text: filled cells of a histogram, made wider. */
import type { DeckDelta, TrendDelta } from '../metrics/trend.ts';

/**
 * A trend has 1,024 cells to a doubling, which a chart does not show and a file would pay for; here there
 * are 64, so that a value is known to 0.8 %. The exact percentiles of the run stand in the last line.
 */
const halfMagnitude = 6;
/** Of a trend: below 2^11 units a cell is one unit wide, then there are 2^10 to a doubling. */
const fineHalfMagnitude = 10;
const fineFrom = 2 ** (fineHalfMagnitude + 1);
const shift = fineHalfMagnitude - halfMagnitude;

/**
 * Numbers of five bits and more to a digit, the sixth bit saying that more follow. One digit is one
 * character, and most numbers are one digit: that gzip makes more of than of bytes in base64.
 */
const digits = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
const digitOf = new Map([...digits].map((digit, value) => [digit, value]));

export function packTrend(delta: TrendDelta): string {
  let text = '';
  const put = (value: number): void => {
    let rest = value;
    for (; rest >= 32; rest = Math.floor(rest / 32)) text += digits[32 + (rest % 32)];
    text += digits[rest];
  };
  for (const { deck, indices, counts } of delta.decks) {
    const cells = new Map<number, number>();
    indices.forEach((index, i) => {
      const cell = widened(index);
      cells.set(cell, (cells.get(cell) ?? 0) + (counts[i] as number));
    });
    put(deck);
    put(cells.size);
    let before = 0;
    for (const [cell, count] of cells) {
      put(cell - before);
      put(count);
      before = cell;
    }
  }
  return text;
}

/** What `packTrend` packed; what was in a wide cell is now in its middle. */
export function unpackTrend(
  count: number,
  sum: number,
  min: number,
  max: number,
  cells: string,
): TrendDelta {
  let at = 0;
  const next = (): number => {
    let value = 0;
    let factor = 1;
    for (;;) {
      const digit = digitOf.get(cells[at++] ?? '');
      if (digit === undefined) throw new Error('a distribution ends too early');
      value += (digit % 32) * factor;
      if (digit < 32) return value;
      factor *= 32;
    }
  };
  const decks: DeckDelta[] = [];
  while (at < cells.length) {
    const deck = next();
    const size = next();
    const indices = new Uint32Array(size);
    const counts = new Float64Array(size);
    let cell = 0;
    for (let i = 0; i < size; i++) {
      cell += next();
      indices[i] = middleOf(cell);
      counts[i] = next();
    }
    decks.push({ deck, indices, counts });
  }
  return { kind: 'trend', count, sum, rest: [], min, max, decks };
}

/** The wide cell in which a cell of a trend lies. */
function widened(index: number): number {
  if (index >= fineFrom) {
    const doublings = (index >> fineHalfMagnitude) - 1;
    const part = (index - (doublings << fineHalfMagnitude)) >> shift;
    return ((doublings + shift) << halfMagnitude) + part;
  }
  const doublings = Math.max(0, 31 - halfMagnitude - Math.clz32(index));
  return (doublings << halfMagnitude) + (index >> doublings);
}

/** The trend's cell in the middle of a wide one. */
function middleOf(cell: number): number {
  const doublings = Math.max(0, (cell >> halfMagnitude) - 1);
  const part = cell - (doublings << halfMagnitude);
  if (doublings <= shift) return Math.floor((part + 0.5) * 2 ** doublings);
  return ((doublings - shift) << fineHalfMagnitude) + Math.floor((part + 0.5) * 2 ** shift);
}
