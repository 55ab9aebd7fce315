/** When iterations of open models start, and whose they are: pure arithmetic, over thousands of plans. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ownPart } from '../src/executors/part.ts';
import { constantSchedule, rampingSchedule, rateAt } from '../src/executors/schedule.ts';
import { Deal } from '../src/executors/share.ts';
import type { ScenarioPlanInput } from '../src/script/config.ts';
import { parseSegment, type Stripe } from '../src/script/segment.ts';

const second = 1_000;

describe('a constant rate', () => {
  it.each([
    [10, 1_000, 1_000, [0, 100, 200, 300, 400, 500, 600, 700, 800, 900]],
    [
      3,
      1_000,
      2_000,
      [0, 333.3333333333333, 666.6666666666666, 1_000, 1_333.3333333333333, 1_666.6666666666667],
    ],
    [1, 60_000, 90_000, [0, 60_000]],
    [2, 60_000, 60_000, [0, 30_000]],
  ])('of %i in %i ms for %i ms', (rate, timeUnitMs, durationMs, expected) => {
    const { count, at } = constantSchedule({ rate, timeUnitMs, durationMs });
    expect(Array.from({ length: count }, (_, n) => at(n))).toEqual(expected);
  });

  it('starts exactly rate times duration, whatever the period, and never drifts', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 50_000 }),
        fc.constantFrom(1_000, 60_000, 3_600_000, 100, 7),
        fc.integer({ min: 1_000, max: 86_400_000 }),
        (rate, timeUnitMs, durationMs) => {
          const { count, at } = constantSchedule({ rate, timeUnitMs, durationMs });
          // Whole numbers: exact as long as they stay below 2^53.
          expect(count).toBe(
            Number(
              (BigInt(durationMs) * BigInt(rate) + BigInt(timeUnitMs) - 1n) / BigInt(timeUnitMs),
            ),
          );
          expect(at(count - 1)).toBeLessThan(durationMs);
          expect(at(count)).toBeGreaterThanOrEqual(durationMs);
          // A day on, the instant is still n periods to the last bit a double has.
          expect(at(rate * 24)).toBe(timeUnitMs * 24);
        },
      ),
      { numRuns: 2_000 },
    );
  });
});

const stage = fc.record({
  durationMs: fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 600_000 })),
  target: fc.nat(2_000),
});
const ramping = fc.record({
  startRate: fc.nat(2_000),
  timeUnitMs: fc.constantFrom(1_000, 60_000),
  stages: fc.array(stage, { minLength: 1, maxLength: 6 }),
});

/** The area under the rate up to an instant, by another way than the schedule's. */
function areaAt(
  plan: { startRate: number; timeUnitMs: number; stages: { durationMs: number; target: number }[] },
  ms: number,
): number {
  let area = 0;
  let from = 0;
  let rate = plan.startRate;
  for (const { durationMs, target } of plan.stages) {
    const within = Math.max(0, Math.min(durationMs, ms - from));
    const end = durationMs === 0 ? target : rate + ((target - rate) * within) / durationMs;
    area += (within * (rate + end)) / 2;
    from += durationMs;
    rate = target;
  }
  return area / plan.timeUnitMs;
}

describe('a ramping rate', () => {
  it("starts the first iteration of a steady 10/s after 100 ms, as k6's does", () => {
    const { count, at } = rampingSchedule({
      startRate: 10,
      timeUnitMs: second,
      stages: [{ durationMs: second, target: 10 }],
    });
    expect(Array.from({ length: count }, (_, n) => at(n))).toEqual([
      100, 200, 300, 400, 500, 600, 700, 800, 900, 1_000,
    ]);
  });

  it('follows a straight line from 0: the n-th starts when the area is n', () => {
    const { count, at } = rampingSchedule({
      startRate: 0,
      timeUnitMs: second,
      stages: [{ durationMs: 10 * second, target: 20 }],
    });
    expect(count).toBe(100);
    expect(at(0)).toBe(1_000);
    expect(at(3)).toBe(2_000);
    expect(at(99)).toBe(10_000);
  });

  it('jumps where a stage has no length, and rests where the rate is 0', () => {
    const { count, at } = rampingSchedule({
      startRate: 0,
      timeUnitMs: second,
      stages: [
        { durationMs: 5_000, target: 0 },
        { durationMs: 0, target: 2 },
        { durationMs: 1_000, target: 2 },
      ],
    });
    expect([count, at(0), at(1)]).toEqual([2, 5_500, 6_000]);
  });

  it('starts as many as the area says, each where the area reaches its number, in order', () => {
    fc.assert(
      fc.property(
        ramping,
        fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 20 }),
        (plan, picks) => {
          const { count, at } = rampingSchedule(plan);
          const length = plan.stages.reduce((sum, { durationMs }) => sum + durationMs, 0);
          const whole = areaAt(plan, length);
          expect(Math.abs(whole - count)).toBeLessThan(1 + 1e-6);
          expect(count).toBeLessThanOrEqual(whole + 1e-6);
          for (const pick of picks) {
            if (count === 0) continue;
            const n = Math.min(count - 1, Math.floor(pick * count));
            const instant = at(n);
            expect(instant).toBeLessThanOrEqual(length);
            // Where the rate is next to nothing, the area tells little about the instant but not the other way round.
            expect(areaAt(plan, instant)).toBeCloseTo(n + 1, 4);
            if (n > 0) expect(instant).toBeGreaterThanOrEqual(at(n - 1));
          }
        },
      ),
      { numRuns: 3_000 },
    );
  });

  it('has the rate in between', () => {
    const scenario = {
      executor: 'ramping-arrival-rate',
      startRate: 10,
      timeUnitMs: second,
      stages: [
        { durationMs: 10_000, target: 20 },
        { durationMs: 0, target: 5 },
        { durationMs: 10_000, target: 5 },
      ],
    } as const;
    const rate = (ms: number): number =>
      rateAt(scenario as unknown as Parameters<typeof rateAt>[0], ms);
    expect([rate(0), rate(5_000), rate(10_000), rate(15_000), rate(99_000)]).toEqual([
      10, 15, 5, 5, 5,
    ]);
  });
});

describe('shares of a schedule', () => {
  it('are together the schedule of one shard, instant for instant', () => {
    fc.assert(
      fc.property(
        ramping,
        fc.integer({ min: 1, max: 4 }),
        fc.nat(9),
        fc.integer({ min: 1, max: 30 }),
        (plan, shards, offset, maxVUs) => {
          const schedule = rampingSchedule({ ...plan, stages: plan.stages.slice(0, 2) });
          const count = Math.min(schedule.count, 500);
          const whole = Array.from({ length: count }, (_, n) => schedule.at(n));
          const parts = Array.from({ length: shards }, (_, index) => {
            const deal = new Deal({ index, shards, offset }, maxVUs);
            return Array.from({ length: deal.countBelow(count) }, (_, at) =>
              schedule.at(deal.number(at)),
            );
          });
          expect(parts.flat().toSorted((a, b) => a - b)).toEqual(whole);
        },
      ),
      { numRuns: 1_000 },
    );
  });
});

/** All segments of a sequence such as `0,1/4,1/2,1`. */
function segmentsOf(sequence: string): (Stripe | undefined)[] {
  const points = sequence.split(',');
  return points.slice(1).map((to, i) => parseSegment(`${points[i]}:${to}`, sequence));
}

describe('an execution segment', () => {
  it('deals as k6 does: the largest parts first, each at its own even pace', () => {
    expect(segmentsOf('0,1/3,2/3,1').map((one) => one?.positions)).toEqual([[0], [1], [2]]);
    expect(segmentsOf('0,1/4,1').map((one) => one && [one.length, one.positions])).toEqual([
      [4, [1]],
      [4, [0, 2, 3]],
    ]);
  });

  it('is the first of the whole when no sequence says otherwise', () => {
    expect(parseSegment('1/2', undefined)).toMatchObject({ length: 2, positions: [0] });
    expect(parseSegment('50%:100%', undefined)).toMatchObject({ length: 2, positions: [1] });
    expect(parseSegment('0:1', undefined)).toBeUndefined();
    expect(parseSegment('0.25:0.5', '0,1/4,1/2,1')).toMatchObject({ length: 4 });
  });

  it('leaves nothing to two and nothing to nobody, with shards within', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 6 }),
        fc.integer({ min: 1, max: 3 }),
        fc.nat(5),
        fc.integer({ min: 1, max: 60 }),
        fc.nat(300),
        (weights, shards, offset, vus, count) => {
          const total = weights.reduce((sum, weight) => sum + weight, 0);
          let sum = 0;
          const sequence = ['0', ...weights.map((weight) => `${(sum += weight)}/${total}`)].join(
            ',',
          );
          const all: number[] = [];
          for (const segment of segmentsOf(sequence)) {
            const own: number[] = [];
            for (let index = 0; index < shards; index++) {
              const deal = new Deal({ index, shards, offset, segment }, vus);
              for (let at = 0; at < deal.countBelow(count); at++) {
                all.push(deal.number(at));
                own.push(deal.ownNumber(at));
              }
            }
            // Within a process numbers may have gaps only where the count ends in the midst of a round.
            expect(new Set(own).size).toBe(own.length);
          }
          expect(all.toSorted((a, b) => a - b)).toEqual([...Array(count).keys()]);
        },
      ),
      { numRuns: 2_000 },
    );
  });

  it('has the same share of each scenario as its process shows and promises', () => {
    const scenarios = [
      { executor: 'constant-vus', vus: 7 },
      { executor: 'per-vu-iterations', vus: 7, iterations: 3 },
      { executor: 'shared-iterations', vus: 7, iterations: 40 },
      { executor: 'ramping-vus', startVUs: 2, stages: [{ durationMs: 1, target: 7 }] },
      { executor: 'constant-arrival-rate', rate: 70, preAllocatedVUs: 5, maxVUs: 7 },
      {
        executor: 'ramping-arrival-rate',
        startRate: 7,
        stages: [{ durationMs: 1, target: 14 }],
        preAllocatedVUs: 7,
        maxVUs: 7,
      },
    ] as unknown as ScenarioPlanInput[];
    expect(scenarios.map((one) => ownPart(one, undefined))).toEqual(scenarios);
    const parts = segmentsOf('0,1/2,3/4,1').map((segment) =>
      scenarios.map((one) => ownPart(one, segment)),
    );
    expect(parts.map(([constant]) => constant)).toMatchObject([{ vus: 4 }, { vus: 2 }, { vus: 1 }]);
    expect(parts.map((all) => all[1])).toMatchObject([
      { vus: 4, iterations: 3 },
      { vus: 2, iterations: 3 },
      { vus: 1, iterations: 3 },
    ]);
    // 40 iterations go round among 7 VUs: five times, and once more to the first five.
    expect(parts.map((all) => all[2])).toMatchObject([
      { vus: 4, iterations: 23 },
      { vus: 2, iterations: 11 },
      { vus: 1, iterations: 6 },
    ]);
    expect(parts.map((all) => all[3])).toMatchObject([
      { startVUs: 1, stages: [{ target: 4 }] },
      { startVUs: 1, stages: [{ target: 2 }] },
      { startVUs: 0, stages: [{ target: 1 }] },
    ]);
    expect(parts.map((all) => all[4])).toMatchObject([
      { rate: 40, preAllocatedVUs: 3, maxVUs: 4 },
      { rate: 20, preAllocatedVUs: 1, maxVUs: 2 },
      { rate: 10, preAllocatedVUs: 1, maxVUs: 1 },
    ]);
    expect(parts.map((all) => all[5])).toMatchObject([
      { startRate: 4, stages: [{ target: 8 }] },
      { startRate: 2, stages: [{ target: 4 }] },
      { startRate: 1, stages: [{ target: 2 }] },
    ]);
  });

  it.each([
    ['0:1/4', '0,1/3,2/3,1', "provided segment 0:1/4 can't be found in sequence 0,1/3,2/3,1"],
    ['1/2:1/4', undefined, 'must begin before it ends'],
    ['0:5/4', undefined, 'lie between 0 and 1'],
    ['a:b', undefined, "not 'a'"],
    ['1/0', undefined, "not '1/0'"],
    ['0:1/4:1/2', undefined, "must be written like '0:1/4'"],
    ['0:1/2', '0,1/2', 'must go from 0 to 1'],
    ['0:1/2', '0,1/2,1/3,1', 'must go from 0 to 1'],
    [undefined, '0,1/2,1', 'needs executionSegment beside it'],
    ['0:1/99991', '0,1/99991,1/2,1', 'common denominator'],
  ])('%s of %s is refused', (segment, sequence, why) => {
    expect(() => parseSegment(segment, sequence)).toThrow(why);
  });
});
