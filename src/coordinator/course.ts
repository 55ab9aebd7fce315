/** A number that goes from stage to stage in straight lines: VUs of a scenario, or its rate. */

interface Piece {
  from: number;
  durationMs: number;
  before: number;
  target: number;
  /** Area and rises of all pieces before it. */
  area: number;
  rises: number;
}

/** How far it rises by one of its stages. */
export interface Rise {
  /** Index of the stage; -1 is the jump to its start value. */
  stage: number;
  durationMs: number;
  target: number;
  /** Of the whole stage, and of it between two instants. */
  rise: number;
  count: number;
}

export class Course {
  readonly #start: number;
  readonly #pieces: Piece[] = [];
  /** Milliseconds until its end. */
  readonly lengthMs: number;
  /** Its largest value. */
  readonly peak: number;

  constructor(start: number, stages: readonly { durationMs: number; target: number }[]) {
    this.#start = start;
    let piece = { before: start, area: 0, rises: start };
    let from = 0;
    for (const { durationMs, target } of stages) {
      this.#pieces.push({ ...piece, from, durationMs, target });
      const rise = Math.max(0, target - piece.before);
      piece = {
        before: target,
        area: piece.area + ((piece.before + target) / 2) * durationMs,
        rises: piece.rises + rise,
      };
      from += durationMs;
    }
    this.lengthMs = from;
    this.peak = stages.reduce((most, { target }) => Math.max(most, target), start);
  }

  /** When its stages begin and end. */
  get instants(): number[] {
    return [...this.#pieces.map((piece) => piece.from), this.lengthMs];
  }

  /** The value summed over time, in units times milliseconds, until an instant. */
  area(until: number): number {
    const at = Math.min(until, this.lengthMs);
    const piece = this.#pieceBefore(at);
    if (piece === undefined) return 0;
    const { from, durationMs, before, target, area } = piece;
    const done = at - from;
    return area + done * (before + ((target - before) * done) / durationMs / 2);
  }

  /** All rises before an instant; it rises from 0 to its start value as it begins. */
  rises(before: number): number {
    const at = Math.min(before, this.lengthMs);
    const piece = this.#pieceBefore(at);
    if (piece === undefined) return 0;
    const rise = Math.max(0, piece.target - piece.before);
    return piece.rises + (rise * (at - piece.from)) / piece.durationMs;
  }

  /** The rises from an instant until before another, stage by stage. */
  risesBetween(from: number, until: number): Rise[] {
    const first = { stage: -1, durationMs: 0, target: this.#start, rise: this.#start };
    const rises = from <= 0 && until > 0 ? [{ ...first, count: this.#start }] : [];
    for (const [stage, { from: begin, durationMs, before, target }] of this.#pieces.entries()) {
      const rise = Math.max(0, target - before);
      const inside = Math.min(until, begin + durationMs) - Math.max(from, begin);
      const jumps = begin >= from && begin < Math.min(until, this.lengthMs);
      const count = durationMs > 0 ? (rise * Math.max(0, inside)) / durationMs : jumps ? rise : 0;
      if (count > 0) rises.push({ stage, durationMs, target, rise, count });
    }
    return rises.filter(({ count }) => count > 0);
  }

  /** The last piece that begins before an instant, which is never one without length. */
  #pieceBefore(at: number): Piece | undefined {
    let low = 0;
    let high = this.#pieces.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#pieces[middle] as Piece).from < at) low = middle + 1;
      else high = middle;
    }
    return this.#pieces[low - 1];
  }
}
