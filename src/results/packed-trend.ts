/** Distributions as short text: filled cells of a histogram, eight made one, in base64. */
import type { DeckDelta, TrendDelta } from '../metrics/trend.ts';

/**
 * A trend's cells are 0.1 % wide, which a chart does not show and a file would pay for; eight in one are
 * known to 0.8 %. The exact percentiles of the run stand in the last line of the file.
 */
const coarse = 8;

export function packTrend(delta: TrendDelta): string {
  const bytes: number[] = [];
  for (const { deck, indices, counts } of delta.decks) {
    const cells = new Map<number, number>();
    indices.forEach((index, i) => {
      const cell = Math.floor(index / coarse);
      cells.set(cell, (cells.get(cell) ?? 0) + (counts[i] as number));
    });
    varint(bytes, deck);
    varint(bytes, cells.size);
    let before = 0;
    for (const [cell, count] of cells) {
      varint(bytes, cell - before);
      varint(bytes, count);
      before = cell;
    }
  }
  return Buffer.from(bytes).toString('base64');
}

/** What `packTrend` packed; a cell is now in the middle of the eight. */
export function unpackTrend(
  count: number,
  sum: number,
  min: number,
  max: number,
  cells: string,
): TrendDelta {
  const bytes = Buffer.from(cells, 'base64');
  let at = 0;
  const next = (): number => {
    let value = 0;
    let factor = 1;
    for (;;) {
      const byte = bytes[at++];
      if (byte === undefined) throw new Error('a distribution ends too early');
      value += (byte & 0x7f) * factor;
      if (byte < 0x80) return value;
      factor *= 128;
    }
  };
  const decks: DeckDelta[] = [];
  while (at < bytes.length) {
    const deck = next();
    const size = next();
    const indices = new Uint32Array(size);
    const counts = new Float64Array(size);
    let cell = 0;
    for (let i = 0; i < size; i++) {
      cell += next();
      indices[i] = cell * coarse + coarse / 2;
      counts[i] = next();
    }
    decks.push({ deck, indices, counts });
  }
  return { kind: 'trend', count, sum, rest: [], min, max, decks };
}

function varint(bytes: number[], value: number): void {
  let rest = value;
  while (rest >= 128) {
    bytes.push((rest % 128) | 0x80);
    rest = Math.floor(rest / 128);
  }
  bytes.push(rest);
}
