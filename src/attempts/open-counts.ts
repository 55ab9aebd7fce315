import type { AttemptKind } from './contract.ts';

const columns = { http: 0, ws: 2 } as const;
const width = 4;

/**
 * How many attempts began and ended, a row for each shard, in memory all of them see. A shard writes
 * its own row only, so nothing needs a lock, and a row outlives a shard that is lost.
 */
export class OpenCounts {
  readonly #rows: readonly Float64Array[];
  readonly #own: Float64Array;

  constructor(rows: readonly SharedArrayBuffer[], shard: number) {
    this.#rows = rows.map((row) => new Float64Array(row));
    this.#own = this.#rows[shard] ?? new Float64Array(width);
  }

  static row(): SharedArrayBuffer {
    return new SharedArrayBuffer(8 * width);
  }

  began(kind: AttemptKind): void {
    (this.#own[columns[kind]] as number)++;
  }

  ended(kind: AttemptKind): void {
    (this.#own[columns[kind] + 1] as number)++;
  }

  /** Under way in the whole run. */
  total(kind: AttemptKind): number {
    const column = columns[kind];
    let total = 0;
    for (const row of this.#rows) total += (row[column] as number) - (row[column + 1] as number);
    return total;
  }

  /** What a lost shard had begun of a kind, of which `ended` were told; from now on none is under way. */
  static close(row: SharedArrayBuffer, kind: AttemptKind): number {
    const view = new Float64Array(row);
    const column = columns[kind];
    const begun = view[column] as number;
    view[column] = 0;
    view[column + 1] = 0;
    return begun;
  }
}
