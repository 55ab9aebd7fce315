/** What keeps attempts within bounds: the sample, the timeline, the book, and what a lost shard leaves. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AttemptBook } from '../src/attempts/attempt-book.ts';
import { AttemptLog } from '../src/attempts/attempt-log.ts';
import { type Cause, causes } from '../src/attempts/cause.ts';
import type { Attempt, AttemptKind, AttemptsBatch } from '../src/attempts/contract.ts';
import { OpenCounts } from '../src/attempts/open-counts.ts';
import { Reservoir } from '../src/attempts/reservoir.ts';
import { Timeline } from '../src/attempts/timeline.ts';
import { limits } from '../src/limits.ts';

describe('the reservoir', () => {
  it('holds as many as there is room for, all of them offered and none twice', () => {
    fc.assert(
      fc.property(fc.nat(50), fc.nat(200), fc.nat(), fc.nat(8), (capacity, count, seed, stream) => {
        const reservoir = new Reservoir<number>(capacity, seed, stream);
        for (let item = 0; item < count; item++) reservoir.add(item);
        expect(reservoir.offered).toBe(count);
        const taken = reservoir.take();
        expect(taken).toHaveLength(Math.min(capacity, count));
        expect(new Set(taken).size).toBe(taken.length);
        expect(taken.every((item) => item >= 0 && item < count)).toBe(true);
        expect(reservoir.offered).toBe(0);
      }),
    );
  });

  it('gives every item of the stream the same chance', () => {
    const [capacity, count, rounds] = [10, 100, 4_000];
    const hits = new Float64Array(count);
    for (let round = 0; round < rounds; round++) {
      const reservoir = new Reservoir<number>(capacity, round * 7_919);
      for (let item = 0; item < count; item++) reservoir.add(item);
      for (const item of reservoir.take()) hits[item] = (hits[item] as number) + 1;
    }
    // Each is expected 400 times with a deviation of 19: five of these are never reached by chance.
    expect(Math.min(...hits)).toBeGreaterThan(400 - 5 * 19);
    expect(Math.max(...hits)).toBeLessThan(400 + 5 * 19);
  });

  it('chooses the same for the same seed, and otherwise for another stream', () => {
    const choose = (seed: number, stream: number): number[] => {
      const reservoir = new Reservoir<number>(5, seed, stream);
      for (let item = 0; item < 1_000; item++) reservoir.add(item);
      return reservoir.take();
    };
    expect(choose(3, 1)).toEqual(choose(3, 1));
    expect(choose(3, 1)).not.toEqual(choose(3, 2));
    expect(choose(3, 1)).not.toEqual(choose(4, 1));
  });
});

describe('the timeline', () => {
  const slice = fc.record({
    tenth: fc.integer({ min: 10_000, max: 10_000 + limits.timelineSlots * 5 }),
    began: fc.nat(9),
    good: fc.nat(9),
    bad: fc.nat(9),
  });

  it('loses nothing however often it is halved, and keeps each count within its slot', () => {
    fc.assert(
      fc.property(fc.array(slice, { minLength: 1, maxLength: 60 }), (slices) => {
        // As shards hand over: roughly in order.
        const given = slices.toSorted((a, b) => Math.round((a.tenth - b.tenth) / 20));
        const timeline = new Timeline('http', 'x');
        for (const one of given) timeline.add({ kind: 'http', name: 'x', ...one });
        const { origin, slotMs, slots } = timeline;
        expect(slots.length).toBeLessThanOrEqual(limits.timelineSlots);
        expect(Math.log2(slotMs / 100) % 1).toBe(0);
        const wanted = slots.map(() => ({ began: 0, good: 0, bad: 0 }));
        for (const { tenth, began, good, bad } of given) {
          const slot = wanted[Math.floor((tenth * 100 - origin) / slotMs)];
          if (slot === undefined) throw new Error(`tenth ${tenth} lies outside`);
          slot.began += began;
          slot.good += good;
          slot.bad += bad;
        }
        expect(slots).toEqual(wanted);
      }),
      { numRuns: 30 },
    );
  });
});

interface Event {
  shard: number;
  kind: AttemptKind;
  name: string;
  cause: Cause;
  code: number;
  /** The shard hands over behind it. */
  flush: boolean;
}

const event: fc.Arbitrary<Event> = fc.record({
  shard: fc.nat(2),
  kind: fc.constantFrom('http', 'ws'),
  name: fc.constantFrom('a', 'b', 'c'),
  cause: fc.constantFrom('answered', 'status', 'timeout', 'lost-rst', 'closed-by-peer'),
  code: fc.constantFrom(0, 200, 429, 1000, 1006),
  flush: fc.boolean(),
});

function record({ kind, name, cause, code }: Event, start: number): Attempt {
  return {
    kind,
    op: String(start),
    attempt: 1,
    vu: 1,
    scenario: 's',
    name,
    method: 'GET',
    start,
    total: 1,
    status: code,
    cause,
    failed: causes[cause].failed,
    phase: 'done',
    initiator: causes[cause].initiator,
    message: '',
    openAtStart: 1,
    openAtEnd: 1,
    bytesOut: 0,
    bytesIn: 0,
  };
}

function logsOf(shards: number, keepAll: boolean) {
  const rows = Array.from({ length: shards }, () => OpenCounts.row());
  const logs = rows.map(
    (_, shard) =>
      new AttemptLog({
        source: shard,
        open: rows,
        shard,
        seed: 1,
        idHeaders: new Set(),
        keepAll,
        wall: (now) => now,
      }),
  );
  return { rows, logs };
}

/** Lets it happen on the shards' logs; the batches in the order in which they were handed over. */
function play(events: readonly Event[], keepAll: boolean): AttemptsBatch[] {
  const { logs } = logsOf(3, keepAll);
  const batches: AttemptsBatch[] = [];
  events.forEach((one, at) => {
    const log = logs[one.shard] as AttemptLog;
    log.begin(one.kind, one.name, at);
    const failed = causes[one.cause].failed;
    log.answered(one.kind, one.name, at, !failed);
    if (log.end({ ...one, failed }, at)) log.keep(record(one, at));
    if (one.flush) batches.push(log.flush());
  });
  for (const log of logs) batches.push(log.flush());
  return batches;
}

/** The book's numbers, in an order that does not depend on who came first. */
function facts(book: AttemptBook): unknown {
  const sorted = (values: readonly unknown[]) => values.map((v) => JSON.stringify(v)).toSorted();
  return {
    counts: sorted(book.counts()),
    attempts: sorted(book.attempts()),
    timelines: sorted(
      book.timelines().map(({ kind, name, origin, slots }) => [kind, name, origin, slots]),
    ),
    http: book.ended('http'),
    ws: book.ended('ws'),
  };
}

describe('the book', () => {
  it('counts each attempt once, whichever shard had it and however often they handed over', () => {
    fc.assert(
      fc.property(fc.array(event, { maxLength: 60 }), fc.boolean(), (events, keepAll) => {
        const book = new AttemptBook(1);
        const batches = play(events, keepAll);
        for (const batch of batches) book.merge(structuredClone(batch));
        expect(book.ended()).toBe(events.length);
        const counted = new Map<string, number>();
        for (const { kind, name, cause, code } of events) {
          const key = `${kind} ${name} ${cause} ${code}`;
          counted.set(key, (counted.get(key) ?? 0) + 1);
        }
        const told = book
          .counts()
          .map(({ kind, name, cause, code, count }) => [`${kind} ${name} ${cause} ${code}`, count]);
        expect(new Map(told as [string, number][])).toEqual(counted);
        if (keepAll) {
          const written = batches.flatMap(({ attempts }) => attempts.map(({ op }) => op));
          expect(written.toSorted()).toEqual(events.map((_, at) => String(at)).toSorted());
        }
      }),
    );
  });

  it('comes to the same whichever shard hands over first', () => {
    fc.assert(
      fc.property(fc.array(event, { maxLength: 60 }), (events) => {
        const batches = play(events, true);
        const forwards = new AttemptBook(1);
        const backwards = new AttemptBook(1);
        for (const batch of batches) forwards.merge(structuredClone(batch));
        const bySource = batches.toSorted((a, b) => b.source - a.source);
        for (const batch of bySource) backwards.merge(structuredClone(batch));
        expect(facts(backwards)).toEqual(facts(forwards));
      }),
    );
  });

  it('keeps the first, the last and a sample of an outcome there are too many of', () => {
    const book = new AttemptBook(1);
    const total = limits.attemptsPerOutcome + 5_000;
    const one: Event = {
      shard: 0,
      kind: 'http',
      name: 'a',
      cause: 'status',
      code: 429,
      flush: false,
    };
    const attempts = Array.from({ length: total }, (_, at) => record(one, at));
    book.merge({ source: 0, counts: [], timeline: [], attempts });
    const kept = book.attempts().map(({ start }) => start);
    expect(kept.length).toBeLessThanOrEqual(limits.attemptsPerOutcome + 2 * limits.attemptEnds);
    expect(kept.slice(0, limits.attemptEnds)).toEqual(
      Array.from({ length: limits.attemptEnds }, (_, at) => at),
    );
    expect(kept.at(-1)).toBe(total - 1);
  });

  it('counts names beyond its bound together, and loses none', () => {
    const book = new AttemptBook(1);
    const many = limits.attemptOutcomes + 10;
    const common = { kind: 'http', cause: 'status', code: 404, failed: true, count: 1 } as const;
    const counts = Array.from({ length: many }, (_, at) => ({
      ...common,
      name: `n${at}`,
      first: at,
      last: at,
    }));
    book.merge({ source: 0, counts, timeline: [], attempts: [] });
    expect(book.ended()).toBe(many);
    const other = book.counts().find(({ name }) => name === '__other__');
    expect(other).toMatchObject({ count: 10, first: many - 10, last: many - 1 });
  });
});

describe('a lost shard', () => {
  it('ends what it had begun and not told, and nothing twice', () => {
    const life = fc.record({
      kind: fc.constantFrom<AttemptKind>('http', 'ws'),
      ended: fc.boolean(),
      told: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(life, { maxLength: 40 }), (lives) => {
        const { rows, logs } = logsOf(2, true);
        const [log, other] = logs as [AttemptLog, AttemptLog];
        const book = new AttemptBook(1);
        other.begin('http', 'b', 0);
        for (const { kind, ended, told } of lives) {
          log.begin(kind, 'a', 1);
          if (ended) {
            log.end({ kind, name: 'a', cause: 'answered', code: 200, failed: false }, 2);
          }
          if (told) book.merge(log.flush());
        }
        // Up to the last flush it has told of everything that had ended.
        const flushed = lives.findLastIndex(({ told }) => told);
        for (const kind of ['http', 'ws'] as const) {
          const began = lives.filter((one) => one.kind === kind).length;
          const heard = lives.filter(
            (one, i) => one.kind === kind && one.ended && i <= flushed,
          ).length;
          const lost = book.lost(0, kind, OpenCounts.close(rows[0] as SharedArrayBuffer, kind), 3);
          expect(lost?.attempts.length ?? 0).toBe(began - heard);
          expect(book.ended(kind)).toBe(began);
          for (const attempt of lost?.attempts ?? []) {
            expect(attempt).toMatchObject({ kind, cause: 'shard-lost', failed: true });
          }
          expect(other.open(kind)).toBe(kind === 'http' ? 1 : 0);
        }
      }),
    );
  });
});
