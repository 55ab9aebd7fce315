import { limits } from '../limits.ts';
import type { Cause } from './cause.ts';
import type {
  Attempt,
  AttemptKind,
  AttemptsBatch,
  OutcomeCount,
  TimelineSlice,
} from './contract.ts';
import { Reservoir } from './reservoir.ts';
import { Timeline } from './timeline.ts';

/** Attempts that ended alike: the first, the last, and a fair sample of all. */
interface Stratum {
  first: Attempt[];
  last: Attempt[];
  sample: Reservoir<Attempt>;
}

/** What is known of the attempts of a whole run. */
export interface AttemptsView {
  /** Every outcome, with exact counts. */
  counts(): readonly OutcomeCount[];
  /** The records that were kept, in the order in which the attempts began. */
  attempts(): readonly Attempt[];
  /** Began, answered well and not well over time, by kind and name. */
  timelines(): readonly Timeline[];
  /** How many attempts ended, of all or of a kind. */
  ended(kind?: AttemptKind): number;
}

/**
 * All attempts of a run, from all shards: exact counts, timelines, and as many records as fit
 * (`limits.attemptsPerOutcome` of each outcome). Memory does not grow with the length of the run.
 */
export class AttemptBook implements AttemptsView {
  readonly #seed: number;
  readonly #counts = new Map<string, OutcomeCount>();
  readonly #strata = new Map<string, Stratum>();
  readonly #timelines = new Map<string, Timeline>();
  /** Told as ended, by log and kind. */
  readonly #ended = new Map<string, number>();

  constructor(seed: number) {
    this.#seed = seed;
  }

  merge(batch: AttemptsBatch): void {
    for (const count of batch.counts) this.#count(batch.source, count);
    for (const slice of batch.timeline) this.#slice(slice);
    for (const attempt of batch.attempts) this.#keep(attempt);
  }

  /**
   * A shard was lost with what it had under way or not yet told: each of these ends here. Answers what
   * the shard would have handed over, so that whoever writes records has one of each; undefined for none.
   */
  lost(source: number, kind: AttemptKind, begun: number, at: number): AttemptsBatch | undefined {
    const count = begun - (this.#ended.get(`${source} ${kind}`) ?? 0);
    if (count <= 0) return undefined;
    const record = lostAttempt(kind, at);
    const { name, cause, failed } = record;
    const outcome = { kind, name, cause, code: 0, failed, count, first: at, last: at };
    this.#count(source, outcome);
    const attempts = Array.from({ length: count }, () => record);
    return { source, counts: [outcome], timeline: [], attempts };
  }

  counts(): readonly OutcomeCount[] {
    return [...this.#counts.values()];
  }

  attempts(): readonly Attempt[] {
    const all = new Set<Attempt>();
    for (const { first, last, sample } of this.#strata.values()) {
      for (const attempt of [...first, ...sample.items, ...last]) all.add(attempt);
    }
    return [...all].sort((a, b) => a.start - b.start);
  }

  timelines(): readonly Timeline[] {
    return [...this.#timelines.values()];
  }

  ended(kind?: AttemptKind): number {
    let sum = 0;
    for (const count of this.#counts.values()) {
      if (kind === undefined || count.kind === kind) sum += count.count;
    }
    return sum;
  }

  #count(source: number, count: OutcomeCount): void {
    const told = `${source} ${count.kind}`;
    this.#ended.set(told, (this.#ended.get(told) ?? 0) + count.count);
    const key = `${count.kind} ${count.cause} ${count.code} ${count.name}`;
    const known = this.#counts.get(key);
    if (known === undefined) {
      if (this.#counts.size < limits.attemptOutcomes) this.#counts.set(key, { ...count });
      else this.#countElsewhere(count);
      return;
    }
    known.count += count.count;
    known.first = Math.min(known.first, count.first);
    known.last = Math.max(known.last, count.last);
  }

  /** No room for another name: the outcome is counted without one. */
  #countElsewhere(count: OutcomeCount): void {
    const name = '__other__';
    const key = `${count.kind} ${count.cause} 0 ${name}`;
    const known = this.#counts.get(key);
    if (known === undefined) this.#counts.set(key, { ...count, code: 0, name });
    else {
      known.count += count.count;
      known.first = Math.min(known.first, count.first);
      known.last = Math.max(known.last, count.last);
    }
  }

  #slice(slice: TimelineSlice): void {
    const key = `${slice.kind} ${slice.name}`;
    let timeline = this.#timelines.get(key);
    if (timeline === undefined) {
      timeline = new Timeline(slice.kind, slice.name);
      this.#timelines.set(key, timeline);
    }
    timeline.add(slice);
  }

  #keep(attempt: Attempt): void {
    const key = stratumOf(attempt);
    let stratum = this.#strata.get(key);
    if (stratum === undefined) {
      const sample = new Reservoir<Attempt>(
        limits.attemptsPerOutcome,
        this.#seed,
        this.#strata.size,
      );
      stratum = { first: [], last: [], sample };
      this.#strata.set(key, stratum);
    }
    if (stratum.first.length < limits.attemptEnds) stratum.first.push(attempt);
    stratum.last.push(attempt);
    if (stratum.last.length > limits.attemptEnds) stratum.last.shift();
    stratum.sample.add(attempt);
  }
}

/** Alike is what has kind, cause and code in common. */
function stratumOf({ kind, cause, status, ws }: Attempt): string {
  return `${kind} ${cause satisfies Cause} ${status === 101 ? (ws?.closeCode ?? 0) : status}`;
}

/** All that is known of an attempt whose shard did not live to tell of it. */
function lostAttempt(kind: AttemptKind, at: number): Attempt {
  return {
    kind,
    op: '',
    attempt: 0,
    vu: 0,
    scenario: '',
    name: '(not known)',
    method: '',
    start: at,
    total: 0,
    status: 0,
    cause: 'shard-lost',
    failed: true,
    phase: 'connect',
    initiator: 'local',
    message: 'its shard was lost before it told how it ended',
    openAtStart: 0,
    openAtEnd: 0,
    bytesOut: 0,
    bytesIn: 0,
  };
}
