import { limits } from '../limits.ts';
import type { Cause } from './cause.ts';
import {
  type Attempt,
  type AttemptKind,
  type AttemptOutcome,
  type Attempts,
  type AttemptsBatch,
  attemptKinds,
  type OutcomeCount,
  type TimelineSlice,
} from './contract.ts';
import { OpenCounts } from './open-counts.ts';
import { Reservoir } from './reservoir.ts';

/** What is counted of the attempts with one name. */
interface NameCell {
  kind: AttemptKind;
  name: string;
  /** By cause, then by code; most names have one or two. */
  outcomes: Map<Cause, Map<number, OutcomeCount>>;
  slice: TimelineSlice | undefined;
}

export interface AttemptLogOptions {
  /** A number no other log of the run has. */
  source: number;
  /** One row for each shard of the run, in memory they share. */
  open: readonly SharedArrayBuffer[];
  shard: number;
  seed: number;
  idHeaders: ReadonlySet<string>;
  /** Every record is wanted, for an output that writes them all. */
  keepAll: boolean;
  /** Milliseconds since 1970 of an instant of the run's clock. */
  wall: (now: number) => number;
}

const otherName = '__other__';

/**
 * The attempts of one shard. All are counted; records are kept of a fair sample of each second: so many
 * that failed, so many WebSockets, so many that went well (`limits.attempt*`).
 */
export class AttemptLog implements Attempts {
  readonly idHeaders: ReadonlySet<string>;
  readonly #options: AttemptLogOptions;
  readonly #open: OpenCounts;
  readonly #cells = { http: new Map<string, NameCell>(), ws: new Map<string, NameCell>() };
  #slices: TimelineSlice[] = [];
  #dirty: OutcomeCount[] = [];
  readonly #failed: Reservoir<Attempt>;
  readonly #sockets: Reservoir<Attempt>;
  readonly #good: Reservoir<Attempt>;
  /** Where the record goes that `end` has asked for. */
  #slot: { reservoir: Reservoir<Attempt>; index: number } | undefined;
  #all: Attempt[] = [];

  constructor(options: AttemptLogOptions) {
    this.#options = options;
    this.idHeaders = options.idHeaders;
    this.#open = new OpenCounts(options.open, options.shard);
    const { seed, source } = options;
    this.#failed = new Reservoir(limits.attemptFailuresPerSecond, seed, source * 3);
    this.#sockets = new Reservoir(limits.attemptSocketsPerSecond, seed, source * 3 + 1);
    this.#good = new Reservoir(limits.attemptSamplesPerSecond, seed, source * 3 + 2);
  }

  begin(kind: AttemptKind, name: string, at: number): number {
    this.#open.began(kind);
    this.#slice(this.#cell(kind, name), at).began++;
    return this.#open.total(kind);
  }

  answered(kind: AttemptKind, name: string, at: number, good: boolean): void {
    const slice = this.#slice(this.#cell(kind, name), at);
    if (good) slice.good++;
    else slice.bad++;
  }

  open(kind: AttemptKind): number {
    return this.#open.total(kind);
  }

  end(outcome: AttemptOutcome, at: number): boolean {
    const { kind, name, cause, code, failed } = outcome;
    this.#open.ended(kind);
    const cell = this.#cell(kind, name);
    let byCode = cell.outcomes.get(cause);
    if (byCode === undefined) cell.outcomes.set(cause, (byCode = new Map()));
    let count = byCode.get(code);
    if (count === undefined) {
      count = { kind, name: cell.name, cause, code, failed, count: 0, first: 0, last: 0 };
      byCode.set(code, count);
    }
    const wall = this.#options.wall(at);
    if (count.count === 0) {
      count.first = wall;
      this.#dirty.push(count);
    }
    count.count++;
    count.last = wall;
    if (this.#options.keepAll) return true;
    const reservoir = failed ? this.#failed : kind === 'ws' ? this.#sockets : this.#good;
    const index = reservoir.offer();
    if (index < 0) return false;
    this.#slot = { reservoir, index };
    return true;
  }

  keep(attempt: Attempt): void {
    if (this.#options.keepAll) this.#all.push(attempt);
    else this.#slot?.reservoir.put(this.#slot.index, attempt);
    this.#slot = undefined;
  }

  /** What happened since the last flush. */
  flush(): AttemptsBatch {
    for (const kind of attemptKinds) {
      for (const cell of this.#cells[kind].values()) cell.slice = undefined;
    }
    const batch: AttemptsBatch = {
      source: this.#options.source,
      counts: this.#dirty.map((count) => ({ ...count })),
      timeline: this.#slices,
      attempts: [
        ...this.#all,
        ...this.#failed.take(),
        ...this.#sockets.take(),
        ...this.#good.take(),
      ],
    };
    for (const count of this.#dirty) count.count = 0;
    this.#dirty = [];
    this.#slices = [];
    this.#all = [];
    return batch;
  }

  #cell(kind: AttemptKind, name: string): NameCell {
    const cells = this.#cells[kind];
    const known = cells.get(name);
    if (known !== undefined) return known;
    // A script that puts ids into its names must not fill the memory.
    if (cells.size >= limits.attemptNames && name !== otherName) return this.#cell(kind, otherName);
    const cell: NameCell = { kind, name, outcomes: new Map(), slice: undefined };
    cells.set(name, cell);
    return cell;
  }

  #slice(cell: NameCell, at: number): TimelineSlice {
    const tenth = Math.floor(this.#options.wall(at) / 100);
    if (cell.slice?.tenth === tenth) return cell.slice;
    const { kind, name } = cell;
    const slice = { kind, name, tenth, began: 0, good: 0, bad: 0 };
    cell.slice = slice;
    this.#slices.push(slice);
    return slice;
  }
}
