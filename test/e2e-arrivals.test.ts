/**
 * Open models, audited from outside: a plain server that stamps arrivals with its own clock and holds
 * answers by its own schedule. Numbers are compared with each other, never with how fast a machine is.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import {
  count,
  countingServer,
  logLines,
  runCli,
  runScript,
  type ScriptRun,
  said,
} from './support/cli.ts';

function trend(run: ScriptRun, name: string): Record<string, number> {
  return run.summary?.metrics[name] ?? {};
}
const stats = ['--summary-trend-stats', 'min,med,p(40),p(85),p(90),p(95),p(99),max,count'];

const upTo = (n: number): number[] => Array.from({ length: n }, (_, i) => i);

describe.concurrent('constant-arrival-rate', () => {
  test.each([1, 2])(
    'starts each iteration once, at its instant or after, with %i shards',
    async (shards) => {
      const arrivals: { n: number; ms: number }[] = [];
      const server = await countingServer((request, response) => {
        const { searchParams } = new URL(request.url ?? '', 'http://x');
        const since =
          performance.timeOrigin + performance.now() - Number(searchParams.get('start'));
        arrivals.push({ n: Number(searchParams.get('n')), ms: since });
        response.end('ok');
      });
      const run = await runScript(
        `import http from 'vurun/http';
import { exec } from 'vurun';
export const options = { scenarios: { s: {
  executor: 'constant-arrival-rate', rate: 100, duration: '3s', preAllocatedVUs: 60 } } };
export default async function () {
  await http.get(__ENV.TARGET + '?n=' + exec.scenario.iterationInTest + '&start=' + exec.scenario.startTime);
}
`,
        ['--shards', String(shards), '-e', `TARGET=${server.url}`, ...stats],
      );
      expect(run.exitCode).toBe(0);
      expect(count(run, 'iterations_offered')).toBe(300);
      expect(count(run, 'iterations_started') + count(run, 'dropped_iterations')).toBe(300);
      expect(count(run, 'iterations')).toBe(count(run, 'iterations_started'));
      expect(server.hits()).toBe(count(run, 'iterations'));
      expect(trend(run, 'iteration_lateness')['count']).toBe(server.hits());
      // With nothing dropped, iteration n is the n-th start: here the generator's word is checked.
      if (count(run, 'dropped_iterations') > 0) return;
      expect(arrivals.map(({ n }) => n).toSorted((a, b) => a - b)).toEqual(upTo(300));
      const reported =
        (trend(run, 'iteration_lateness')['max'] ?? 0) +
        (trend(run, 'http_req_duration')['max'] ?? 0);
      const blocked = trend(run, 'http_req_blocked')['max'] ?? 0;
      for (const { n, ms } of arrivals) {
        // Two clocks with a resolution of a millisecond each.
        expect(ms - n * 10).toBeGreaterThan(-2);
        expect(ms - n * 10).toBeLessThan(reported + blocked + 2);
      }
    },
  );

  test('a target that freezes is seen by those who had to wait for it, and only in the corrected times', async () => {
    const held: (() => void)[] = [];
    let frozen = false;
    let begun = false;
    const server = await countingServer((_request, response) => {
      if (!begun) {
        begun = true;
        setTimeout(() => {
          frozen = true;
        }, 1_000);
        setTimeout(() => {
          frozen = false;
          for (const answer of held.splice(0)) answer();
        }, 2_000);
      }
      if (frozen) held.push(() => response.end('ok'));
      else response.end('ok');
    });
    const script = (whenBusy: string) => `import http from 'vurun/http';
export const options = { scenarios: { s: { executor: 'constant-arrival-rate', rate: 100, duration: '4s',
  preAllocatedVUs: 5, maxVUs: 5, whenBusy: '${whenBusy}' } } };
export default async function () { await http.get(__ENV.TARGET); }
`;
    const run = await runScript(script('wait'), [
      '-e',
      `TARGET=${server.url}`,
      '--shards',
      '1',
      ...stats,
    ]);
    expect(count(run, 'iterations_offered')).toBe(400);
    expect(count(run, 'iterations_started')).toBe(400);
    expect(server.hits()).toBe(400);
    // Service times: five requests stood in the freeze, 1.25 % of all; nobody else is seen to have waited.
    expect(trend(run, 'http_req_duration')['p(95)']).toBeLessThan(500);
    // A quarter of the users came while it was frozen, evenly over its second: a tenth of all waited
    // for more than 600 ms, and half of all for nothing.
    expect(trend(run, 'http_req_duration_corrected')['p(90)']).toBeGreaterThan(500);
    expect(trend(run, 'http_req_duration_corrected')['p(40)']).toBeLessThan(500);
    expect(trend(run, 'http_req_duration_corrected')['count']).toBe(400);

    begun = false;
    const dropping = await runScript(script('drop'), [
      '-e',
      `TARGET=${server.url}`,
      '--shards',
      '1',
      ...stats,
    ]);
    expect(count(dropping, 'iterations_offered')).toBe(400);
    const dropped = count(dropping, 'dropped_iterations');
    expect(dropped).toBeGreaterThan(50);
    expect(count(dropping, 'iterations_started')).toBe(400 - dropped);
    expect(logLines(dropping, 'warning').join('\n')).toContain(
      'Insufficient VUs, reached 5 active VUs and cannot initialize more',
    );
    expect(dropping.stdout).toMatch(
      /of 400 iterations that were due were dropped because no VU was free/,
    );
  });

  test("its own stall is lateness and in nobody's latency", async () => {
    const server = await countingServer();
    const run = await runScript(
      `import http from 'vurun/http';
import { exec } from 'vurun';
export const options = { scenarios: { s: { executor: 'constant-arrival-rate', rate: 50, duration: '3s',
  preAllocatedVUs: 60, whenBusy: 'wait' } } };
export default async function () {
  if (exec.scenario.iterationInTest === 50) { const from = Date.now(); while (Date.now() - from < 900); return; }
  await http.get(__ENV.TARGET);
}
`,
      ['-e', `TARGET=${server.url}`, '--shards', '1', ...stats],
    );
    expect(count(run, 'iterations_offered')).toBe(150);
    expect(count(run, 'iterations_started')).toBe(150);
    const lateness = trend(run, 'iteration_lateness')['max'] ?? 0;
    expect(lateness).toBeGreaterThan(700);
    // What was late by the stall, nearly a third of all, is not slow by it. One that was on its way as
    // the stall began is: its answer lay here unread.
    expect(trend(run, 'http_req_duration_corrected')['p(90)']).toBeLessThan(lateness / 2);
    expect(logLines(run, 'warning').join('\n')).toContain('the generator is behind');
    expect(run.stdout).toContain('iterations started late: p(');
  });

  test('percentiles are those the server dealt out', async () => {
    const holds = [...Array<number>(5).fill(20), ...Array<number>(4).fill(300), 1_200];
    const server = await countingServer((request, response) => {
      const n = Number((request.url ?? '').slice(1));
      setTimeout(() => response.end('ok'), holds[n % 10]);
    });
    const run = await runScript(
      `import http from 'vurun/http';
import { exec } from 'vurun';
export const options = { scenarios: { s: { executor: 'constant-arrival-rate', rate: 60, duration: '2s', preAllocatedVUs: 120 } } };
export default async function () { await http.get(__ENV.TARGET + exec.scenario.iterationInTest); }
`,
      ['-e', `TARGET=${server.url}`, '--shards', '1', ...stats],
    );
    expect(count(run, 'iterations')).toBe(120);
    const times = trend(run, 'http_req_duration');
    // Node's timers may fire up to a millisecond early, and a bucket is a thousandth wide.
    const least = (ms: number): number => ms * 0.998 - 1.5;
    expect(times['p(40)']).toBeGreaterThan(least(20));
    expect(times['p(40)']).toBeLessThan(300);
    expect(times['p(85)']).toBeGreaterThan(least(300));
    expect(times['p(85)']).toBeLessThan(1_200);
    expect(times['p(95)']).toBeGreaterThan(least(1_200));
    expect(times['min']).toBeGreaterThan(least(20));
  });

  test('VUs beyond the promised ones are made as they are needed, and no more', async () => {
    const server = await countingServer((_request, response) => {
      setTimeout(() => response.end('ok'), 400);
    });
    const run = await runScript(
      `import http from 'vurun/http';
import { exec } from 'vurun';
export const options = { scenarios: { s: { executor: 'constant-arrival-rate', rate: 20, duration: '3s', preAllocatedVUs: 1, maxVUs: 40 } } };
export default async function () { console.log('vu ' + exec.vu.idInTest); await http.get(__ENV.TARGET); }
`,
      ['-e', `TARGET=${server.url}`],
    );
    expect(count(run, 'iterations_offered')).toBe(60);
    expect(count(run, 'iterations_started') + count(run, 'dropped_iterations')).toBe(60);
    // 20 a second that take 0.4 s are 8 at once.
    const made = run.summary?.metrics['vus_max']?.['max'] ?? 0;
    expect(made).toBeGreaterThanOrEqual(8);
    const vus = new Set(said(run).map((line) => Number(line.slice(3))));
    expect(Math.max(...vus)).toBeLessThanOrEqual(made);
  });
});

describe.concurrent('VUs of several scenarios', () => {
  test.each([
    [
      'of an open one before it',
      "constant-arrival-rate', rate: 20, duration: '1s', preAllocatedVUs: 1, maxVUs: 12",
    ],
    ['of a closed one before it', "constant-vus', vus: 12, duration: '1s"],
  ])('who needs further VUs is lent those %s', async (_what, before) => {
    const run = await runScript(
      `import { sleep } from 'vurun';
export const options = { scenarios: {
  before: { executor: '${before.includes('maxVUs') ? before : `${before}'`}, gracefulStop: '1s' },
  s: { executor: 'constant-arrival-rate', rate: 20, duration: '3s', startTime: '3s', preAllocatedVUs: 1, maxVUs: 12 },
} };
export default async function () { await sleep(0.25); }
`,
      ['--shards', '1', '--out', 'json=out.json'],
    );
    expect(run.exitCode).toBe(0);
    const points = readFileSync(join(run.dir, 'out.json'), 'utf8').split('\n').filter(Boolean);
    const started = points
      .map((line) => JSON.parse(line) as { type: string; metric: string; data: { tags?: object } })
      .filter(
        ({ type, metric, data }) =>
          type === 'Point' &&
          metric === 'iterations_started' &&
          'scenario' in (data.tags ?? {}) &&
          (data.tags as { scenario: string }).scenario === 's',
      );
    // 20 a second that take 0.25 s are 5 at once; one VU alone would start 12 in 3 s.
    expect(started.length).toBeGreaterThan(40);
    expect(run.summary?.metrics['vus_max']?.['max']).toBeLessThanOrEqual(12);
  });
});

describe.concurrent('ramping-arrival-rate', () => {
  test('starts as many as the area under its rate, in time order', async () => {
    const server = await countingServer();
    const run = await runScript(
      `import http from 'vurun/http';
export const options = { scenarios: { s: { executor: 'ramping-arrival-rate', startRate: 0, timeUnit: '1s', preAllocatedVUs: 40,
  stages: [{ duration: '2s', target: 60 }, { duration: '1s', target: 60 }, { duration: '0s', target: 10 }, { duration: '1s', target: 0 }] } } };
export default async function () { await http.get(__ENV.TARGET); }
`,
      ['-e', `TARGET=${server.url}`],
    );
    // 2 x 60 / 2 + 60 + 10 / 2
    expect(count(run, 'iterations_offered')).toBe(125);
    expect(count(run, 'iterations_started') + count(run, 'dropped_iterations')).toBe(125);
    expect(server.hits()).toBe(count(run, 'iterations'));
  });

  test('a VU that takes too long is interrupted after gracefulStop', async () => {
    const run = await runScript(
      `import { sleep } from 'vurun';
export const options = { scenarios: { s: { executor: 'ramping-arrival-rate', startRate: 5, preAllocatedVUs: 20, gracefulStop: '100ms',
  stages: [{ duration: '1s', target: 5 }] } } };
export default async function () { await sleep(60); }
`,
    );
    expect(run.exitCode).toBe(0);
    expect(count(run, 'iterations_started')).toBe(5);
    expect(count(run, 'iterations')).toBe(0);
    expect(run.stderr + run.stdout).not.toContain('dropped');
  });
});

test('segments of one test are the test, on machines that do not know of each other', async () => {
  const server = await countingServer();
  const script = `import http from 'vurun/http';
import { exec } from 'vurun';
export const options = { scenarios: {
  open: { executor: 'constant-arrival-rate', rate: 50, duration: '2s', preAllocatedVUs: 30, tags: { kind: 'o' }, exec: 'open' },
  shared: { executor: 'shared-iterations', vus: 10, iterations: 77, exec: 'shared' },
} };
export async function open() { await http.get(__ENV.TARGET + 'open-' + exec.scenario.iterationInTest); }
export async function shared() {
  await http.get(__ENV.TARGET + 'shared-' + exec.scenario.iterationInTest);
  await http.get(__ENV.TARGET + 'vu-' + exec.vu.idInTest);
}
`;
  const points = ['0', '1/4', '1/2', '1'];
  const runs = await Promise.all(
    points
      .slice(1)
      .map((to, i) =>
        runScript(script, [
          '--execution-segment',
          `${points[i]}:${to}`,
          '--execution-segment-sequence',
          points.join(','),
          '-e',
          `TARGET=${server.url}`,
        ]),
      ),
  );
  expect(runs.map(({ exitCode }) => exitCode)).toEqual([0, 0, 0]);
  const offered = runs.map((run) => count(run, 'iterations_offered'));
  expect(offered.reduce((a, b) => a + b)).toBe(100);
  const numbers = (prefix: string): number[] =>
    [...new Set(server.paths.filter((path) => path.startsWith(`/${prefix}-`)))]
      .map((path) => Number(path.slice(prefix.length + 2)))
      .toSorted((a, b) => a - b);
  expect(numbers('shared')).toEqual(upTo(77));
  expect(server.paths.filter((path) => path.startsWith('/shared-'))).toHaveLength(77);
  // Each part rounds its share of each scenario up or down, so that ids may have a gap, but none is used twice.
  const vus = runs.map((run) => run.summary?.metrics['vus_max']?.['max'] ?? 0);
  expect(vus.reduce((a, b) => a + b)).toBe(40);
  const dropped = runs.reduce((sum, run) => sum + count(run, 'dropped_iterations'), 0);
  if (dropped === 0) expect(numbers('open')).toEqual(upTo(100));
});

test('a segment shows its own part, and not the whole', async () => {
  const run = await runCli(
    ['run', 'main.ts', '--execution-segment', '1/4:1', '--execution-segment-sequence', '0,1/4,1'],
    {
      files: {
        'main.ts': `import { sleep } from 'vurun';
export const options = { scenarios: {
  all: { executor: 'shared-iterations', vus: 4, iterations: 16 },
  rate: { executor: 'constant-arrival-rate', rate: 8, duration: '1s', preAllocatedVUs: 4 },
} };
export default async function () { await sleep(0.05); }
`,
      },
    },
  );
  expect(run.exitCode).toBe(0);
  const shown = run.stdout + run.stderr;
  expect(shown).toContain('all: 12 iterations shared among 3 VUs');
  expect(shown).toContain('rate: 6.00 iterations/s for 1s (maxVUs: 3');
  expect(shown).toContain('12/12 shared iters');
  expect(shown).toMatch(/\d\/3 VUs +(?:[\d.]+s\/)?1s +6\.00 iterations\/s/);
});
