/** The same samples over one shard, two or five, in whatever order their batches come: the same numbers. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { limits } from '../src/limits.ts';
import type { MetricsBatch } from '../src/metrics/batch.ts';
import type { Metric, MetricContains, MetricKind } from '../src/metrics/contract.ts';
import { ExactSum } from '../src/metrics/exact-sum.ts';
import { Ledger } from '../src/metrics/ledger.ts';
import { createRegistry } from '../src/metrics/registry.ts';
import { rootTags } from '../src/metrics/tag-set.ts';
import { parseThresholds } from '../src/metrics/threshold.ts';
import { type Bench, bench } from './metrics-samples.ts';

const custom: Readonly<Record<string, readonly [MetricKind, MetricContains]>> = {
  my_trend: ['trend', 'default'],
  my_time: ['trend', 'time'],
  my_counter: ['counter', 'default'],
  my_rate: ['rate', 'default'],
  my_gauge: ['gauge', 'default'],
};
const names = [...Object.keys(custom), 'checks', 'http_reqs', 'group_duration'];

const expressions = (...sources: string[]) =>
  sources.map((source) => ({ source, abortOnFail: false, delayAbortEvalMs: 0 }));

/** Its own for each ledger: what thresholds found is kept in them. */
function thresholds() {
  const registry = createRegistry();
  for (const [name, [kind, contains]] of Object.entries(custom)) {
    registry.define(name, kind, contains);
  }
  return parseThresholds(
    [
      { metric: 'my_trend', expressions: expressions('p(95)<10', 'avg>0', 'p(99.9)<1') },
      { metric: 'my_trend{status:404}', expressions: expressions('avg<1', 'med>0') },
      { metric: 'my_counter{step:b}', expressions: expressions('count>1', 'rate<3') },
      { metric: 'checks{group:::g}', expressions: expressions('rate>0.5') },
      { metric: 'my_gauge', expressions: expressions('value>0') },
    ],
    registry.get,
  );
}

interface Sample {
  metric: string;
  value: number;
  status: string;
  step: string;
  group: string;
  /** Milliseconds since the sample before it. */
  after: number;
}

const value = fc.oneof(
  fc.nat(5),
  fc.double({ min: 0, max: 20, noNaN: true }),
  fc.double({ min: -1e15, max: 1e15, noNaN: true }),
);
const sample: fc.Arbitrary<Sample> = fc.record({
  metric: fc.constantFrom(...names),
  value,
  status: fc.constantFrom('200', '404'),
  step: fc.constantFrom('a', 'b', 'c'),
  group: fc.constantFrom('', '::g', '::g::h'),
  // No two at one instant: of two gauges then, which is the last would be a matter of taste.
  after: fc.double({ min: 0.001, max: 700, noNaN: true }),
});
/** What each iteration records. */
const stream = fc.array(fc.array(sample, { maxLength: 8 }), { maxLength: 40 });

function record(shard: Bench, one: Sample, now: number): void {
  const { registry, recorder } = shard;
  const own = custom[one.metric];
  // Declared when first used, so that the ids of metrics differ from shard to shard.
  const metric = own === undefined ? registry.get(one.metric) : registry.define(one.metric, ...own);
  const { kind } = metric as Metric;
  const tags = rootTags({ status: one.status, step: one.step, group: one.group, check: one.step });
  recorder.add(metric as Metric, tags, kind === 'rate' ? Number(one.value > 1) : one.value, now);
}

/** The batches that so many shards send, by a clock that only the samples move. */
function batchesOf(iterations: readonly (readonly Sample[])[], shards: number): MetricsBatch[][] {
  const { submetrics } = thresholds();
  const all = Array.from({ length: shards }, (_, source) => bench(submetrics, source));
  const batches = all.map((): MetricsBatch[] => []);
  const flush = (): void =>
    all.forEach(({ recorder }, i) => batches[i]?.push(structuredClone(recorder.flush())));
  let now = 0;
  let flushed = 0;
  iterations.forEach((samples, id) => {
    for (const one of samples) {
      now += one.after;
      for (; flushed + limits.flushMs < now; flushed += limits.flushMs) flush();
      record(all[id % shards] as Bench, one, now);
    }
  });
  flush();
  return batches;
}

const stats = ['avg', 'min', 'med', 'max', 'count', 'p(0.1)', 'p(33)', 'p(90)', 'p(99.9)'];

/** All a ledger knows, as text, in an order that does not depend on who came first. */
function facts(batches: readonly MetricsBatch[]): string[] {
  const judge = thresholds();
  const ledger = new Ledger(judge.submetrics);
  for (const batch of batches) ledger.merge(batch);
  ledger.setElapsed(10_000);
  const { crossed } = judge.evaluate(ledger, 10_000, true);
  const lines = ledger.metrics().flatMap((view) => {
    const values = [view.name, view.count, view.values(stats), view.thresholds];
    const sink = ledger.sink(view.metric, view.name);
    if (sink.kind !== 'trend') return [values];
    const taken = sink.take();
    const decks = taken?.decks.map(({ deck, indices, counts }) => [
      deck,
      [...indices],
      [...counts],
    ]);
    return [values, [view.name, taken?.count, taken?.sum, taken?.min, taken?.max, decks]];
  });
  const rest = names.flatMap((name) => ledger.series(name).map((series) => [name, series]));
  return [...lines, ...rest, crossed, ...ledger.checks(), [...ledger.groups()].sort()]
    .map((line) => JSON.stringify(line))
    .sort();
}

describe('the metrics of a run', () => {
  it('are the same to the last digit however many shards recorded them', () => {
    fc.assert(
      fc.property(stream, fc.array(fc.nat(4), { minLength: 1 }), (iterations, choices) => {
        const wanted = facts(batchesOf(iterations, 1).flat());
        for (const shards of [2, 5]) {
          const waiting = batchesOf(iterations, shards);
          // A shard's batches keep their order; which shard is heard next is anybody's guess.
          const merged: MetricsBatch[] = [];
          for (let turn = 0; ; turn++) {
            const left = waiting.filter((batches) => batches.length > 0);
            if (left.length === 0) break;
            const choice = choices[turn % choices.length] as number;
            merged.push((left[choice % left.length] as MetricsBatch[]).shift() as MetricsBatch);
          }
          expect(facts(merged)).toEqual(wanted);
        }
      }),
      { numRuns: 150 },
    );
  });
});

describe('an exact sum', () => {
  const number = fc.double({ noNaN: true, min: -1e300, max: 1e300 });

  it('does not depend on the order, nor on where the parts were added up', () => {
    fc.assert(
      fc.property(fc.array(number, { maxLength: 120 }), fc.nat(120), (values, at) => {
        const [whole, reversed, front, back] = [0, 0, 0, 0].map(() => new ExactSum()) as [
          ExactSum,
          ExactSum,
          ExactSum,
          ExactSum,
        ];
        values.forEach((one, i) => {
          whole.add(one);
          (i < at ? front : back).add(one);
        });
        for (const one of values.toReversed()) reversed.add(one);
        const taken = front.take();
        for (const part of [taken.sum, ...taken.rest]) back.add(part);
        expect(reversed.value).toBe(whole.value);
        expect(back.value).toBe(whole.value);
        expect(front.value).toBe(0);
      }),
      { numRuns: 500 },
    );
  });

  it('is the integer sum, rounded once, where integers can tell', () => {
    // Multiples of 2^-60 below 2^60: BigInt adds them without any rounding at all.
    const scaled = fc.tuple(fc.maxSafeInteger(), fc.nat(67));
    fc.assert(
      fc.property(fc.array(scaled, { maxLength: 60 }), (values) => {
        const sum = new ExactSum();
        let exact = 0n;
        for (const [digits, shift] of values) {
          sum.add(digits * 2 ** (shift - 60));
          exact += BigInt(digits) << BigInt(shift);
        }
        // Number() rounds a BigInt to the nearest, half to even; a power of two moves no digit.
        expect(sum.value).toBe(Number(exact) * 2 ** -60);
      }),
      { numRuns: 500 },
    );
  });

  it.each([
    [[0.1, 0.2, 0.3], 0.6],
    [[1e16, 1, -1e16], 1],
    [[1e100, 1, 1e-100, -1e100, -1], 1e-100],
    // Half a digit, and a hair more than half.
    [[2 ** 53, 1], 2 ** 53],
    [[2 ** 53, 1, 2 ** -60], 2 ** 53 + 2],
    [[-(2 ** 53), -1, -(2 ** -60)], -(2 ** 53) - 2],
    [[1e308, 1e308, 5], Number.POSITIVE_INFINITY],
    [[-1e308, -1e308, 5], Number.NEGATIVE_INFINITY],
    [[], 0],
  ])('of %j is %d', (values, wanted) => {
    const sum = new ExactSum();
    for (const one of values) sum.add(one);
    expect(sum.value).toBe(wanted);
  });
});
