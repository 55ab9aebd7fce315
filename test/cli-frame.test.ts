import { expect, test } from 'vitest';
import { clip, renderFrame, renderPlain } from '../src/cli/frame.ts';
import { ansiPalette, plainPalette } from '../src/report/palette.ts';
import { progress, scenario } from './cli-progress.ts';

const mixed = progress({
  vusActive: 6,
  vusMax: 12,
  httpFailed: 3,
  scenarios: [
    scenario({
      name: 'pv',
      executor: 'per-vu-iterations',
      progress: 0.66,
      iterationsDone: 4,
      iterationsTotal: 6,
    }),
    scenario({ name: 'rv', executor: 'ramping-vus', progress: 0.1, vusActive: 0, vusMax: 3 }),
    scenario({
      name: 'si',
      executor: 'shared-iterations',
      progress: 0.3,
      iterationsDone: 3,
      iterationsTotal: 10,
    }),
    scenario({ name: 'ra', state: 'waiting', progress: 0, waitMs: 700 }),
    scenario({ name: 'done', state: 'done', progress: 1, elapsedMs: 3_000 }),
    scenario({ name: 'cut', state: 'interrupted', progress: 0.5 }),
  ],
});

test('a frame of 80 columns shows what k6 shows, and the pulse of the run', () => {
  expect(renderFrame(mixed, 80, plainPalette)).toEqual([
    'running (01.0s), 06/12 VUs, 18 complete and 0 interrupted iterations',
    'pv     [======================>------------] 2 VUs  1.0s/3s  4/6 iters, 3 per VU',
    'rv     [===>-------------------------------] 0/3 VUs  1.0s/3s',
    'si     [==========>------------------------] 2 VUs  1.0s/3s  03/10 shared iters',
    'ra   • [-----------------------------------] waiting  0.7s',
    'done ✓ [===================================] 2 VUs  3s',
    'cut  ✗ [=================>-----------------] 2 VUs  1.0s/3s',
    '18 iterations/s · failed: 3 of 36 requests · 2 open sockets · http p(95) 2.9ms',
  ]);
});

test.each([20, 40, 60, 80, 120])('no line of a frame is wider than %d columns', (width) => {
  const long = progress({ scenarios: [scenario({ name: 'a_scenario_with_a_rather_long_name' })] });
  for (const state of [mixed, long, progress({ phase: 'init' }), progress({ phase: 'setup' })]) {
    for (const line of renderFrame(state, width, plainPalette)) {
      expect([...line].length).toBeLessThanOrEqual(width);
    }
  }
});

test('what does not fit is left out as a whole, from the end', () => {
  expect(renderFrame(mixed, 77, plainPalette).at(-1)).toBe(
    '18 iterations/s · failed: 3 of 36 requests · 2 open sockets',
  );
  const failing = progress({ httpFailed: 136, httpReqs: 400, checksFailed: 9 });
  const failed = '18 iterations/s · failed: 136 of 400 requests';
  expect(renderFrame(failing, 60, plainPalette).at(-1)).toBe(failed);
  expect(renderFrame(failing, 64, plainPalette).at(-1)).toBe(`${failed}, 9 of 63 checks`);
  expect(renderFrame(failing, 40, plainPalette)[0]).toBe('running (01.0s), 2/2 VUs');
  expect(renderFrame(mixed, 30, plainPalette)[1]).toBe('pv     [  66% ] 2 VUs  1.0s/3s');
  expect(renderFrame(mixed, 29, plainPalette)[1]).toBe('pv     [  66% ] 2 VUs');
});

test('a wide terminal does not make endless bars, a narrow one gets percentages', () => {
  expect(renderFrame(progress(), 120, plainPalette)[1]).toBe(
    `default   [${'='.repeat(12)}>${'-'.repeat(27)}] 2 VUs  1.0s/3s`,
  );
  expect(renderFrame(progress(), 33, plainPalette)[1]).toBe('default   [  33% ] 2 VUs  1.0s/3s');
});

test('many scenarios are cut to those that run', () => {
  const scenarios = Array.from({ length: 30 }, (_, i) =>
    scenario({ name: `s${i}`, state: i < 25 ? 'done' : 'running' }),
  );
  const lines = renderFrame(progress({ scenarios }), 80, plainPalette, 4);
  expect(lines.map((line) => line.split(' ')[0])).toEqual([
    'running',
    's25',
    's26',
    's27',
    's28',
    '…',
    '18',
  ]);
  expect(lines[5]).toBe('… and 26 more scenarios');
});

test('before the first iteration a frame tells what is being prepared', () => {
  const init = progress({ phase: 'init', elapsedMs: 300, vusInitialized: 1, scenarios: [] });
  expect(renderFrame(init, 80, plainPalette)).toEqual(['starting (00.3s), 1/2 VUs initialized']);
  expect(renderFrame({ ...init, phase: 'setup' }, 80, plainPalette)[0]).toBe('setup() (00.3s)');
});

test('the plain form is k6 s non-TTY block', () => {
  expect(renderPlain(progress()).slice(0, 2)).toEqual([
    'running (01.0s), 2/2 VUs, 18 complete and 0 interrupted iterations',
    'default   [  33% ] 2 VUs  1.0s/3s',
  ]);
});

test('cutting a coloured line counts only what is seen and closes its colours', () => {
  expect(clip(ansiPalette.red('abcdef'), 3)).toBe(ansiPalette.red('abc'));
});

test('the last seconds are a row of blocks, and what ails the generator is said', () => {
  const state = progress({
    recent: { iterations: [0, 10, 20, 40], httpP95: [0, 2, 4, 300] },
    warnings: ['event loop late by 120ms'],
  });
  expect(renderFrame(state, 80, plainPalette).slice(-3)).toEqual([
    'iterations/s  ▁▃▅█ 40',
    'http p(95)    ▁▁▁█ 300ms',
    'generator: event loop late by 120ms',
  ]);
  for (const width of [20, 30, 80]) {
    for (const line of renderFrame(state, width, plainPalette)) {
      expect([...line].length).toBeLessThanOrEqual(width);
    }
  }
  expect(renderPlain(state).at(-1)).toBe('generator: event loop late by 120ms');
});
