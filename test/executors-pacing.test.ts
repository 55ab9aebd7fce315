/** When VUs are wanted: k6's arithmetic, and the plan made from it. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { chooseShards, makePlan } from '../src/coordinator/plan.ts';
import { mostAtOnce, rampingSpans, reservedSpans } from '../src/executors/pacing.ts';
import { Deal, ownedRanks } from '../src/executors/share.ts';
import type { ScenarioPlanInput } from '../src/script/config.ts';
import { scenarioVUs } from '../src/script/describe.ts';

type Ramping = Extract<ScenarioPlanInput, { executor: 'ramping-vus' }>;

const base = {
  name: 'a',
  startTimeMs: 0,
  gracefulStopMs: 30_000,
  exec: 'default',
  env: {},
  tags: {},
};

function ramping(startVUs: number, ...stages: [durationMs: number, target: number][]): Ramping {
  return {
    ...base,
    executor: 'ramping-vus',
    startVUs,
    stages: stages.map(([durationMs, target]) => ({ durationMs, target })),
    gracefulRampDownMs: 30_000,
  };
}

describe('ramping-vus', () => {
  it('brings up the n-th of ten VUs n seconds into a ramp of ten seconds', () => {
    const plan = ramping(0, [10_000, 10]);
    expect([0, 1, 8].map((rank) => rampingSpans(plan, rank)[0]?.from)).toEqual([
      1_000, 2_000, 9_000,
    ]);
    // The tenth would appear at the very end, so there is nothing left for it to do.
    expect(rampingSpans(plan, 9)).toEqual([]);
  });

  it('takes the highest VU away first, and the last at the very end', () => {
    const plan = ramping(10, [10_000, 0]);
    expect([9, 8, 0].map((rank) => rampingSpans(plan, rank))).toEqual([
      [{ from: 0, to: 1_000 }],
      [{ from: 0, to: 2_000 }],
      [{ from: 0, to: 10_000 }],
    ]);
  });

  it('jumps in a stage of no length', () => {
    const plan = ramping(1, [1_000, 1], [0, 5], [1_000, 5], [0, 2], [1_000, 2]);
    expect(rampingSpans(plan, 0)).toEqual([{ from: 0, to: 3_000 }]);
    expect(rampingSpans(plan, 1)).toEqual([{ from: 1_000, to: 3_000 }]);
    expect(rampingSpans(plan, 4)).toEqual([{ from: 1_000, to: 2_000 }]);
  });

  it('wants a VU again when a later stage goes up', () => {
    const plan = ramping(0, [4_000, 4], [4_000, 0], [4_000, 4]);
    expect(rampingSpans(plan, 1)).toEqual([
      { from: 2_000, to: 7_000 },
      { from: 10_000, to: 12_000 },
    ]);
  });

  it('wants at every instant what the line between the targets says, rounded down', () => {
    const stage = fc.tuple(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 0, max: 30 }));
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 30 }),
        fc.array(stage, { minLength: 1, maxLength: 5 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (start, stages, where) => {
          const plan = ramping(start, ...stages.map(([s, v]): [number, number] => [s * 1_000, v]));
          const end = plan.stages.reduce((sum, { durationMs }) => sum + durationMs, 0);
          const at = where * (end - 1);
          let from = start;
          let began = 0;
          let exact = start;
          for (const { durationMs, target } of plan.stages) {
            if (at >= began && at < began + durationMs) {
              exact = from + ((target - from) * (at - began)) / durationMs;
            }
            began += durationMs;
            from = target;
          }
          let wanted = 0;
          for (let rank = 0; rank < scenarioVUs(plan); rank++) {
            if (rampingSpans(plan, rank).some((s) => s.from <= at && at < s.to)) wanted++;
          }
          // Up: VU n appears when the line reaches n. Down: it leaves when the line is below n by one.
          expect(Math.abs(wanted - exact)).toBeLessThanOrEqual(1);
        },
      ),
    );
  });
});

describe('a share', () => {
  it('leaves no rank and no iteration to two shards, and none to nobody', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 8 }),
        fc.nat(20),
        fc.integer({ min: 1, max: 40 }),
        fc.integer({ min: 0, max: 200 }),
        (shards, offset, vus, more) => {
          const iterations = vus + more;
          const all = Array.from({ length: shards }, (_, index) => ({ index, shards, offset }));
          const ranks = all.flatMap((share) => ownedRanks(share, vus));
          expect(ranks.toSorted((a, b) => a - b)).toEqual([...Array(vus).keys()]);
          const owned = all.map((share) => {
            const deal = new Deal(share, vus);
            const count = deal.countBelow(iterations);
            return Array.from({ length: count }, (_, at) => deal.number(at));
          });
          expect(owned.flat().toSorted((a, b) => a - b)).toEqual([...Array(iterations).keys()]);
          // Nobody gets work without a VU to do it.
          for (const [index, share] of all.entries()) {
            if (ownedRanks(share, vus).length === 0) expect(owned[index]).toEqual([]);
            expect(owned[index]).toEqual(owned[index]?.toSorted((a, b) => a - b));
          }
          const sizes = all.map((share) => ownedRanks(share, vus).length);
          expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
        },
      ),
    );
  });
});

describe('a plan', () => {
  const constant = (vus: number, startTimeMs: number): ScenarioPlanInput => ({
    ...base,
    executor: 'constant-vus',
    vus,
    durationMs: 10_000,
    startTimeMs,
    gracefulStopMs: 0,
  });

  it('lends VUs to scenarios one after the other, and adds those that run at once', () => {
    expect(makePlan({ scenarios: [constant(5, 0), constant(3, 10_000)] }, 1).vus).toBe(5);
    expect(makePlan({ scenarios: [constant(5, 0), constant(3, 5_000)] }, 1).vus).toBe(8);
  });

  it('numbers the VUs 1 to n over all shards, evenly', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1, maxLength: 4 }),
        fc.integer({ min: 1, max: 6 }),
        (counts, shards) => {
          const plan = makePlan({ scenarios: counts.map((vus) => constant(vus, 0)) }, shards);
          const ids = plan.vuIds.flat().toSorted((a, b) => a - b);
          expect(ids).toEqual([...Array(plan.vus).keys()].map((i) => i + 1));
          const sizes = plan.vuIds.map((one) => one.length);
          expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
        },
      ),
    );
  });

  it('needs no more VUs with many shards than with one, and loads shards evenly at any time', () => {
    const act = fc.record({ vus: fc.integer({ min: 1, max: 9 }), act: fc.nat(2) });
    fc.assert(
      fc.property(
        fc.array(act, { minLength: 1, maxLength: 9 }),
        fc.integer({ min: 1, max: 6 }),
        (cast, shards) => {
          // Acts follow one another; the scenarios of one run at the same time.
          const scenarios = cast.map(({ vus, act }) => constant(vus, act * 10_000));
          const plan = makePlan({ scenarios }, shards);
          expect(plan.vus).toBe(makePlan({ scenarios }, 1).vus);
          for (const act of [0, 1, 2]) {
            const load = Array.from({ length: shards }, (_, index) =>
              cast.reduce((sum, one, at) => {
                const share = { index, shards, offset: plan.offsets[at] as number };
                return sum + (one.act === act ? ownedRanks(share, one.vus).length : 0);
              }, 0),
            );
            expect(Math.max(...load) - Math.min(...load)).toBeLessThanOrEqual(1);
          }
        },
      ),
    );
  });

  it('holds a VU for its graceful ramp-down, but not longer than the scenario', () => {
    const plan = { ...ramping(2, [10_000, 0]), gracefulRampDownMs: 3_000, gracefulStopMs: 1_000 };
    expect(reservedSpans(plan, 1)).toEqual([{ from: 0, to: 8_000 }]);
    expect(reservedSpans(plan, 0)).toEqual([{ from: 0, to: 11_000 }]);
  });

  it('counts spans that touch as one after the other', () => {
    expect(
      mostAtOnce([
        { from: 0, to: 5 },
        { from: 5, to: 9 },
        { from: 4, to: 6 },
      ]),
    ).toBe(2);
  });

  it.each([
    [1, 8, 1],
    [250, 8, 1],
    [251, 8, 2],
    [500, 2, 2],
    [10_000, 2, 2],
  ])('gives %i VUs on %i cores %i shards', (vus, cores, shards) => {
    expect(chooseShards({ scenarios: [constant(vus, 0)] }, cores)).toBe(shards);
  });

  it('gives a high rate more shards, but never more than it has VUs', () => {
    const arrivals = (rate: number, maxVUs: number): ScenarioPlanInput => ({
      ...base,
      executor: 'constant-arrival-rate',
      rate,
      timeUnitMs: 1_000,
      durationMs: 10_000,
      preAllocatedVUs: 1,
      maxVUs,
      whenBusy: 'drop',
    });
    expect(chooseShards({ scenarios: [arrivals(1_000, 50)] }, 4)).toBe(1);
    expect(chooseShards({ scenarios: [arrivals(5_000, 50)] }, 4)).toBe(3);
    expect(chooseShards({ scenarios: [arrivals(50_000, 2)] }, 4)).toBe(2);
  });

  it('keeps ids for the VUs an open model may ask for later', () => {
    const scenario: ScenarioPlanInput = {
      ...base,
      executor: 'constant-arrival-rate',
      rate: 10,
      timeUnitMs: 1_000,
      durationMs: 10_000,
      preAllocatedVUs: 3,
      maxVUs: 8,
      whenBusy: 'drop',
    };
    const plan = makePlan({ scenarios: [scenario] }, 2);
    expect(plan).toMatchObject({ vus: 8, promised: 3, vuIds: [[1, 3], [2]] });
    expect(plan.furtherIds.flat().toSorted((a, b) => a - b)).toEqual([4, 5, 6, 7, 8]);
    expect(plan.furtherIds.map((ids) => ids.length)).toEqual([2, 3]);
  });
});
