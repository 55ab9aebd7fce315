/** `vurun/load`: helpers as the values they give, and a run whose stages they made. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  hold,
  type Ladder,
  perHour,
  perMinute,
  perSecond,
  ramp,
  type Stage,
  stages,
  startPerHour,
  startPerMinute,
  startPerSecond,
  steps,
} from '../runtime/modules/load.ts';
import { limits } from '../src/limits.ts';
import { count, runCli, runScript } from './support/cli.ts';

/** Stages as pairs of milliseconds and target. */
const pairs = (list: readonly Stage[]): unknown[] =>
  list.map(({ duration, target }) => [duration, target]);
const total = (list: readonly Stage[]): number =>
  list.reduce((sum, { duration }) => sum + Number(duration), 0);
/** For calls whose arguments the compiler would refuse. */
const loose = <T>(helper: unknown): ((...args: unknown[]) => T) =>
  helper as (...args: unknown[]) => T;

describe('stages', () => {
  test.each<[string, Stage[], unknown[]]>([
    [
      'ramp, hold and ramp down',
      stages(ramp(200, '20s'), hold('1m30s'), ramp(0, 500)),
      [
        [20_000, 200],
        [90_000, 200],
        [500, 0],
      ],
    ],
    [
      'a jump, and stages as k6 has them',
      stages(ramp(10, 0), { duration: '5s', target: 3 }, hold('2s')),
      [
        [0, 10],
        ['5s', 3],
        [2_000, 3],
      ],
    ],
    [
      'a ladder that jumps; the last step is what is left',
      stages(steps({ by: 4, to: 10, every: '10s' })),
      [
        [0, 4],
        [10_000, 4],
        [0, 8],
        [10_000, 8],
        [0, 10],
        [10_000, 10],
      ],
    ],
    [
      'a ladder that ramps, from a level of its own, which is its first step',
      stages(steps({ from: 10, by: 10, to: 20, every: '1m', over: '15s' })),
      [
        [15_000, 10],
        [45_000, 10],
        [15_000, 20],
        [45_000, 20],
      ],
    ],
    [
      'a ladder that goes on from the level before it, and down again to nothing',
      stages(
        ramp(2, 0),
        steps({ by: 1, to: 3, every: '1s' }),
        steps({ by: 2, to: 0, every: '1s', over: '100ms' }),
      ),
      [
        [0, 2],
        [0, 3],
        [1_000, 3],
        [100, 1],
        [900, 1],
        [100, 0],
      ],
    ],
    [
      'a ladder without flat parts',
      stages(steps({ from: 0, by: 5, to: 10, every: 1_000, over: 1_000 })),
      [
        [1_000, 5],
        [1_000, 10],
      ],
    ],
    ['nothing', stages(), []],
  ])('%s', (_what, made, expected) => {
    expect(pairs(made)).toEqual(expected);
    expect(JSON.parse(JSON.stringify(made))).toEqual(made);
  });

  const milliseconds = fc.integer({ min: 0, max: 600_000 });
  const level = fc.integer({ min: 0, max: 500 });
  const ladder = fc
    .record({
      from: fc.option(level, { nil: undefined }),
      by: fc.integer({ min: 1, max: 60 }),
      to: level,
      every: fc.integer({ min: 1, max: 60_000 }),
      over: fc.integer({ min: 0, max: 60_000 }),
    })
    .map((given) => ({ ...given, over: Math.min(given.over, given.every) }));

  test('last as long as their parts and end where the last one ends', () => {
    const part = fc.oneof(
      fc.tuple(level, milliseconds).map(([target, duration]) => ramp(target, duration)),
      milliseconds.map((duration) => hold(duration)),
    );
    fc.assert(
      fc.property(level, fc.array(part, { maxLength: 20 }), (first, parts) => {
        const made = stages(ramp(first, 0), ...parts);
        expect(total(made)).toBe(parts.reduce((sum, { duration }) => sum + Number(duration), 0));
        let before = first;
        for (const [index, one] of parts.entries()) {
          if ('target' in one) before = one.target;
          expect(made[index + 1]?.target).toBe(before);
        }
      }),
    );
  });

  test('climb a ladder in equal steps of equal length, all the way', () => {
    fc.assert(
      fc.property(level, ladder, (before, { from, ...rest }) => {
        const start = from ?? before;
        fc.pre(start !== rest.to);
        const made = stages(
          ramp(before, 0),
          steps(from === undefined ? rest : { ...rest, from }),
        ).slice(1);
        expect(made.at(-1)?.target).toBe(rest.to);
        const levels = made
          .map(({ target }) => target)
          .filter((target, index, all) => target !== all[index - 1]);
        const held = levels.filter((target) => target !== 0).length;
        const left = levels.length - held;
        expect(total(made)).toBe(held * rest.every + left * rest.over);
        const all = from === undefined || from === 0 ? [start, ...levels] : levels;
        const way = Math.sign(rest.to - start);
        for (let i = 1; i < all.length; i++) {
          const step = way * ((all[i] as number) - (all[i - 1] as number));
          if (i < all.length - 1) expect(step).toBe(rest.by);
          else expect(step).toBeGreaterThan(0);
          expect(step).toBeLessThanOrEqual(rest.by);
        }
        expect(all[0]).toBe(start);
      }),
    );
  });

  const what = 'steps({ from, by, to, every, over })';
  const step = { by: 1, to: 5, every: '10s' };
  test.each<[() => unknown, string]>([
    [
      () => ramp(10, 'soon'),
      "ramp(target, duration): 'soon' is no duration; write text such as '500ms' or '1m30s', or milliseconds",
    ],
    [
      () => ramp(10, -1),
      "ramp(target, duration): -1 is no duration; write text such as '500ms' or '1m30s', or milliseconds",
    ],
    [
      () => loose(hold)(),
      "hold(duration): undefined is no duration; write text such as '500ms' or '1m30s', or milliseconds",
    ],
    [
      () => ramp(2.5, '1s'),
      'ramp(target, duration): target must be a whole number of at least 0, not 2.5',
    ],
    [
      () => loose(ramp)('1s', 10),
      "ramp(target, duration): target must be a whole number of at least 0, not '1s'",
    ],
    [
      () => stages(hold('1m')),
      'stages(...): hold() comes first, and there is no level to hold yet; begin with ramp(target, 0)',
    ],
    [
      () => loose(stages)([ramp(1, 1)]),
      'stages(...): each part is a ramp(), hold(), steps() or { duration, target }, not a list',
    ],
    [
      () => loose(stages)(ramp(1, 1), undefined),
      'stages(...): each part is a ramp(), hold(), steps() or { duration, target }, not undefined',
    ],
    [() => loose(steps)(5), `${what} takes an object, not 5`],
    [() => loose(steps)({ ...step, form: 2 }), `${what}: there is no 'form'`],
    [() => steps({ ...step, by: 0 }), `${what}: by must be a whole number of at least 1, not 0`],
    [() => steps({ ...step, every: 0 }), `${what}: every must be more than 0`],
    [() => steps({ ...step, over: '11s' }), `${what}: over (11s) is longer than every (10s)`],
    [
      () => stages(ramp(5, 0), steps(step)),
      'steps() begin and end at 5, so there is no step; write hold()',
    ],
    [
      () => stages(steps({ ...step, to: limits.stages / 2 + 1 })),
      'steps() by 1 from 0 to 5001 are 5001, and a scenario has 10000 stages at most, two for a step; take larger steps, or ramp()',
    ],
  ])('refuse %s', (call, message) => {
    expect(call).toThrow(new TypeError(message));
  });

  test('of as many steps as a scenario takes are made', () => {
    expect(stages(steps({ ...step, to: limits.stages / 2 }))).toHaveLength(limits.stages);
  });

  test('are data before they are put together', () => {
    const expected: Ladder = { from: undefined, by: 1, to: 5, every: 10_000, over: 0 };
    expect(steps(step)).toEqual(expected);
    expect(hold('1s')).toEqual({ duration: 1_000 });
  });
});

describe('rates', () => {
  test.each<[object, object]>([
    [perSecond(50), { rate: 50, timeUnit: '1s' }],
    [perMinute(300), { rate: 300, timeUnit: '1m' }],
    [perHour(1), { rate: 1, timeUnit: '1h' }],
    [perSecond(0.5), { rate: 1, timeUnit: '2s' }],
    [perSecond(2.5), { rate: 5, timeUnit: '2s' }],
    [perMinute(0.1), { rate: 1, timeUnit: '10m' }],
    [perHour(33.333), { rate: 33_333, timeUnit: '1000h' }],
    [perSecond(0.000001), { rate: 1, timeUnit: '1000000s' }],
    [startPerSecond(0), { startRate: 0, timeUnit: '1s' }],
    [startPerMinute(120), { startRate: 120, timeUnit: '1m' }],
    [startPerHour(7), { startRate: 7, timeUnit: '1h' }],
  ])('%j', (made, expected) => {
    expect(made).toEqual(expected);
  });

  test('with up to six decimals are exact, in the smallest whole numbers', () => {
    const cases = fc.record({
      digits: fc.integer({ min: 1, max: 1e12 }),
      decimals: fc.integer({ min: 0, max: 6 }),
    });
    fc.assert(
      fc.property(cases, ({ digits, decimals }) => {
        const { rate, timeUnit } = perMinute(digits / 10 ** decimals);
        const units = Number(/^(\d+)m$/.exec(timeUnit)?.[1]);
        expect(BigInt(rate) * 10n ** BigInt(decimals)).toBe(BigInt(digits) * BigInt(units));
        for (const prime of [2, 5]) expect([rate % prime, units % prime]).not.toEqual([0, 0]);
      }),
      { numRuns: 1_000 },
    );
  });

  const inexact =
    'has no exact schedule; give at most six decimals, or whichever of perSecond, perMinute and perHour makes it whole';
  test.each<[() => unknown, string]>([
    [() => perSecond(0), 'perSecond(rate): rate must be a number above 0, not 0'],
    [() => perMinute(-3), 'perMinute(rate): rate must be a number above 0, not -3'],
    [() => perHour(Number.NaN), 'perHour(rate): rate must be a number above 0, not NaN'],
    [() => loose(perHour)('5'), "perHour(rate): rate must be a number above 0, not '5'"],
    [() => perSecond(1 / 3), `perSecond(rate): 0.3333333333333333 ${inexact}`],
    [() => perSecond(1e-7), `perSecond(rate): 1e-7 ${inexact}`],
    [() => perSecond(1e300), `perSecond(rate): 1e+300 ${inexact}`],
    [() => perSecond(Infinity), `perSecond(rate): Infinity ${inexact}`],
    [
      () => startPerSecond(0.5),
      'startPerSecond(rate): rate must be a whole number of at least 0, not 0.5',
    ],
    [
      () => startPerMinute(-1),
      'startPerMinute(rate): rate must be a whole number of at least 0, not -1',
    ],
  ])('refuse %s', (call, message) => {
    expect(call).toThrow(new TypeError(message));
  });
});

describe('a script', () => {
  test('has the plan its stages would have if they were written out', async () => {
    const script = (list: string): string => `
      import { hold, ramp, stages, steps } from 'vurun/load';
      export const options = { scenarios: { s: { executor: 'ramping-vus', startVUs: 0, stages: ${list} } } };
      export default function () {}`;
    const inspect = async (list: string): Promise<string> =>
      (await runCli(['inspect', 'main.ts'], { files: { 'main.ts': script(list) } })).stdout;
    const made = await inspect(
      `stages(ramp(30, '10s'), hold('1m'), steps({ by: 20, to: 70, every: '10s', over: '2s' }))`,
    );
    expect(made).toContain('70');
    expect(made).toBe(
      await inspect(`[{ duration: '10s', target: 30 }, { duration: '1m', target: 30 },
        { duration: '2s', target: 50 }, { duration: '8s', target: 50 },
        { duration: '2s', target: 70 }, { duration: '8s', target: 70 }]`),
    );
  });

  test('runs with them', async () => {
    const run = await runScript(`
      import { sleep } from 'vurun';
      import { hold, ramp, stages, steps } from 'vurun/load';
      import { Counter } from 'vurun/metrics';
      const arrived = new Counter('arrived');
      export const options = {
        vus: 0,
        stages: stages(ramp(2, 0), hold('500ms'), steps({ by: 2, to: 6, every: '500ms' }), steps({ by: 4, to: 0, every: '500ms' })),
      };
      export default async function () {
        if (__ITER === 0) arrived.add(1);
        await sleep(0.1);
      }`);
    expect([run.exitCode, run.stderr]).toEqual([0, '']);
    expect(count(run, 'arrived')).toBe(6);
    expect(run.summary?.metrics['vus']?.['max']).toBeLessThanOrEqual(6);
  });

  test('is told the line of what it got wrong', async () => {
    const run = await runScript(`import { hold, stages } from 'vurun/load';
export const options = {
  stages: stages(hold('1m')),
};
export default function () {}`);
    expect(run.exitCode).toBe(107);
    expect(run.stderr).toContain('hold() comes first, and there is no level to hold yet');
    expect(run.stderr).toContain('main.ts:3:18');
  });
});
