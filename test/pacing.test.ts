/** `vurun/pacing`: beats as arithmetic; draws, waits and runs in real VUs. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Beats } from '../runtime/modules/pacing-beats.ts';
import { bundleForTest } from './support/bundle.ts';
import { count, runScript, said } from './support/cli.ts';
import { type GuestOptions, type GuestRun, runGuest } from './support/guest.ts';

const imports = `
  import { randomSeed } from 'vurun';
  import { constant, exponential, normal, pace, think, uniform } from 'vurun/pacing';
  const attempt = (f) => { try { return f() } catch (e) { return e.name + ': ' + e.message } };
`;
function runBody(body: string, init = '', options?: GuestOptions): Promise<GuestRun> {
  return runGuest(`${imports}\n${init}\nexport default async function () {\n${body}\n}`, options);
}
const texts = (run: GuestRun): string[] => run.logs.map(({ text }) => text);

describe('beats', () => {
  /** Takes a beat at each instant, after a first one at 1,000. */
  const take = (instants: number[], every = 100, isDrawn = false): number[] => {
    const beats = new Beats(1_000);
    return instants.map((now) => beats.take(now, every, isDrawn));
  };

  test.each<[string, number[], number[]]>([
    ['that are kept', [1_030, 1_150, 1_299], [70, 50, 1]],
    ['that are met to the millisecond', [1_100, 1_200], [0, 0]],
    ['stay where they were after one that was missed by little', [1_120, 1_150], [-20, 50]],
    ['are left out when they have passed', [1_350, 1_360, 1_420], [-250, 40, 80]],
    ['are left out up to the one that is now', [1_300, 1_310], [-200, 90]],
  ])('%s', (_what, instants, expected) => {
    expect(take(instants)).toEqual(expected);
  });

  test('of drawn intervals are counted from a late one', () => {
    expect(take([1_050, 1_350, 1_360], 100, true)).toEqual([50, -150, 90]);
    const beats = new Beats(0);
    expect([30, 0, 50].map((every) => beats.take(10, every, true))).toEqual([20, 20, 70]);
  });

  test('go on from the last one when the interval changes', () => {
    const beats = new Beats(0);
    expect([100, 100, 30, 30].map((every) => beats.take(10, every, false))).toEqual([
      90, 190, 220, 250,
    ]);
  });

  test('do not drift, and no beat is taken twice', () => {
    const plan = fc.integer({ min: 1, max: 1e6 }).chain((every) =>
      fc.record({
        every: fc.constant(every),
        first: fc.nat(1e9),
        work: fc.array(fc.nat(5 * every), { maxLength: 200 }),
      }),
    );
    fc.assert(
      fc.property(plan, ({ every, first, work }) => {
        const beats = new Beats(first);
        let now = first;
        let last = 0;
        for (const milliseconds of work) {
          now += milliseconds;
          const ahead = beats.take(now, every, false);
          now += Math.max(0, ahead);
          // Who is in time goes on at a beat; who is late has the one that passed last.
          if (ahead >= 0) expect((now - first) % every).toBe(0);
          const beat = Math.floor((now - first) / every);
          expect(beat).toBeGreaterThan(last);
          last = beat;
        }
      }),
    );
  });
});

describe('distributions', () => {
  /** Average, deviation, least and most of many draws. */
  async function statistics(distribution: string): Promise<[number, number, number, number]> {
    const run = await runBody(
      `const draws = Array.from({ length: 20_000 }, () => distribution());
       const mean = draws.reduce((a, b) => a + b) / draws.length;
       const variance = draws.reduce((a, b) => a + (b - mean) ** 2, 0) / draws.length;
       console.log(JSON.stringify([mean, Math.sqrt(variance), Math.min(...draws), Math.max(...draws)]));`,
      `const distribution = ${distribution};`,
    );
    expect(run.failures).toEqual([]);
    return JSON.parse(texts(run)[0] as string) as [number, number, number, number];
  }
  const within = (value: number, expected: number): void => {
    expect(Math.abs(value - expected) / expected).toBeLessThan(0.03);
  };

  test('constant', async () => {
    expect(await statistics(`constant('2s')`)).toEqual([2_000, 0, 2_000, 2_000]);
  });

  test('uniform lies between its bounds', async () => {
    const [mean, deviation, least, most] = await statistics(`uniform('1s', 3_000)`);
    within(mean, 2_000);
    within(deviation, 2_000 / Math.sqrt(12));
    expect(least).toBeGreaterThanOrEqual(1_000);
    expect(most).toBeLessThan(3_000);
    within(least, 1_000);
    within(most, 3_000);
  });

  test('normal has its mean and deviation', async () => {
    const [mean, deviation, least] = await statistics(`normal('5s', '1s')`);
    within(mean, 5_000);
    within(deviation, 1_000);
    expect(least).toBeGreaterThan(0);
  });

  test('normal takes what would be below 0 for 0', async () => {
    const [mean, , least] = await statistics(`normal(0, '1s')`);
    // Half of the draws are 0, the others half of a bell.
    within(mean, 1_000 / Math.sqrt(2 * Math.PI));
    expect(least).toBe(0);
  });

  test('exponential has a deviation as large as its mean', async () => {
    const [mean, deviation, least, most] = await statistics(`exponential('2s')`);
    within(mean, 2_000);
    within(deviation, 2_000);
    expect(least).toBeGreaterThanOrEqual(0);
    expect(most).toBeGreaterThan(12_000);
  });

  test('exponential takes what would be above its bound for the bound', async () => {
    const [mean, , , most] = await statistics(`exponential('2s', '4s')`);
    within(mean, 2_000 * (1 - Math.exp(-2)));
    expect(most).toBe(4_000);
  });

  test('repeat their draws for the same seed, and differ for another', async () => {
    const body = `
      const draw = () => [uniform(0, 9e9), normal(9e9, 9e8), exponential(9e9)].map((d) => d()).join();
      const first = draw();
      randomSeed(7); const a = draw(), b = draw();
      randomSeed(7); console.log(draw() === a, a !== b, first !== a);
      console.log(first);`;
    const [once, again] = [await runBody(body), await runBody(body)];
    expect(texts(once)[0]).toBe('true true true');
    expect(texts(again)).toEqual(texts(once));
  });

  test('say what is wrong with their arguments', async () => {
    const run = await runBody(
      `for (const f of [() => constant(), () => uniform('2s', '1s'), () => normal('1s', {}), () => exponential('1s', -1),
         () => think('soon'), () => think(() => NaN), () => pace(() => '5'), () => pace(0), () => pace(null)]) console.log(attempt(f));`,
    );
    const hint = "is no duration; write text such as '500ms' or '1m30s', or milliseconds";
    const gives = 'it has to give milliseconds of at least 0';
    expect(texts(run)).toEqual([
      `TypeError: constant(duration): undefined ${hint}`,
      'TypeError: uniform(least, most): most (1s) is less than least (2s)',
      `TypeError: normal(mean, deviation): deviation: object ${hint}`,
      `TypeError: exponential(mean, most): most: -1 ${hint}`,
      `TypeError: think(time): 'soon' ${hint}`,
      `TypeError: think(time): the distribution gave NaN; ${gives}`,
      `TypeError: pace(every): the distribution gave '5'; ${gives}`,
      'TypeError: pace(every): every must be more than 0',
      `TypeError: pace(every): null ${hint}`,
    ]);
  });
});

describe('think', () => {
  test('waits for one draw or a duration, and tells how long', async () => {
    const run = await runBody(`
      setTimeout(() => console.log('timer'), 1);
      const from = performance.now();
      const told = [await think(uniform(10, 20)), await think('5ms'), await think(5), await think(() => 0)];
      const waited = performance.now() - from;
      const sum = told.reduce((a, b) => a + b);
      console.log(told[0] >= 10 && told[0] < 20, told.slice(1).join(), waited > sum - 1);`);
    expect(run.failures).toEqual([]);
    expect(texts(run)).toEqual(['timer', 'true 5,5,0 true']);
  });
});

describe('pace', () => {
  /** Instants at which iterations went on, with what `pace` said, from the first on. */
  async function beats(
    every: string,
    work: string,
    iterations: number,
  ): Promise<[number, number][]> {
    const run = await runBody(
      `const behind = await pace(${every});
       const now = performance.now();
       console.log(JSON.stringify([now - (first ??= now), behind]));
       ${work}`,
      'let first;',
      { iterations },
    );
    expect(run.failures).toEqual([]);
    return texts(run).map((text) => JSON.parse(text) as [number, number]);
  }

  test('lets no iteration go on before its beat', async () => {
    const seen = await beats(`'20ms'`, 'await think(uniform(0, 15));', 8);
    expect(seen).toHaveLength(8);
    expect(seen[0]).toEqual([0, 0]);
    for (const [index, [at]] of seen.entries()) expect(at).toBeGreaterThan(index * 20 - 1);
  });

  test('says by how much an iteration overran, and goes on at once', async () => {
    const seen = await beats(`'40ms'`, `if (__ITER === 1) await think('100ms');`, 4);
    // The second went on at 40 or later and took 100, when the third was due at 80.
    expect(seen[2]?.[1]).toBeGreaterThan(59);
    expect(seen[2]?.[0]).toBeGreaterThan(139);
    // The beat at 120 was left out; the fourth is that at 160.
    expect(seen[3]?.[0]).toBeGreaterThan(159);
  });

  test('keeps what a distribution draws', async () => {
    const seen = await beats('() => [5, 10, 15, 20][__ITER]', '', 4);
    for (const [index, least] of [0, 10, 25, 45].entries()) {
      expect(seen[index]?.[0]).toBeGreaterThan(least - 1);
    }
  });

  test('bounds how often VUs iterate', async () => {
    const run = await runScript(
      `import { pace } from 'vurun/pacing';
       export const options = { vus: 4, duration: '1s' };
       export default async function () { await pace('400ms'); }`,
      ['--shards', '2'],
    );
    expect([run.exitCode, run.stderr]).toEqual([0, '']);
    // At 0, 400 and 800, and the beat at 1,200 that was awaited when the time was over.
    expect(count(run, 'iterations')).toBeLessThanOrEqual(4 * 4);
    expect(count(run, 'iterations')).toBeGreaterThanOrEqual(4 * 2);
  });

  test('begins anew in a VU that was ramped down and up again', async () => {
    const run = await runScript(`
      import { exec } from 'vurun';
      import { hold, ramp, stages } from 'vurun/load';
      import { pace } from 'vurun/pacing';
      export const options = { stages: stages(ramp(1, 0), hold('200ms'), ramp(0, 0), hold('1s'), ramp(1, 0), hold('200ms')) };
      export default async function () {
        const behind = await pace('50ms');
        if (exec.vu.iterationInScenario === 0) console.log(__VU, __ITER === 0, behind);
      }`);
    expect(run.exitCode).toBe(0);
    expect(said(run)).toEqual(['1 true 0', '1 false 0']);
  });

  test('is told the line of what it got wrong, and where it cannot be', async () => {
    const run = await runScript(`import { pace, think } from 'vurun/pacing';
export const options = { iterations: 1 };
export default async function () {
  await pace('ten seconds');
}`);
    expect(run.stderr).toContain("pace(every): 'ten seconds' is no duration");
    expect(run.stderr).toContain('main.ts:4:9');
    const init = await runBody(
      `console.log(errors.join('|'));`,
      `const errors = [() => pace('1s'), () => think('1s')].map(attempt);`,
    );
    expect(texts(init)).toEqual([
      'Error: Using pace() in the init context is not supported|Error: Using think() in the init context is not supported',
    ]);
  });
});

test('a bundle holds only the helpers its script uses', async () => {
  const stems = [
    'perMinute',
    'no level to hold',
    'begin and end at',
    'the distribution gave',
    '#taken',
    'Math.cos',
  ];
  const found = async (line: string): Promise<string[]> => {
    const bundle = await bundleForTest(`${line}\nexport default () => {};`);
    return stems.filter((stem) => bundle.includes(stem));
  };
  expect(await found(`import { sleep } from 'vurun'; export const use = sleep;`)).toEqual([]);
  expect(
    await found(`import { perMinute } from 'vurun/load'; export const use = perMinute(3);`),
  ).toEqual(['perMinute']);
  expect(await found(`import { think } from 'vurun/pacing'; export const use = think;`)).toEqual([
    'the distribution gave',
  ]);
});
