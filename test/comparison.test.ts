/** Results that are the same but for chance, and results that are not. */
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { visit } from '../src/cli/cli.ts';
import { Trend } from '../src/metrics/trend.ts';
import { compare, isDifferent } from '../src/results/comparison.ts';
import type { Result, ResultSecond } from '../src/results/contract.ts';
import { packTrend } from '../src/results/packed-trend.ts';
import { fakeStreet } from './cli-street.ts';

const thisRun = {
  kind: 'begin',
  version: 1,
  startedAt: 1.7e12,
  vurun: '0.1.0',
  script: { name: 'a.ts', hash: 'x' },
  seed: 1,
  options: { scenarios: {} },
  description: ['1 scenario'],
  vus: 10,
  shards: 1,
  timeScale: 1,
  environment: { node: 'v20', platform: 'test', processors: 2, memory: 1e9 },
} as const;

function randomOf(seed: number): () => number {
  let state = seed * 7_919 + 1;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/** A minute of a target whose latencies scatter, and whose seconds are not all alike. */
function madeResult(seed: number, slower = 1, seconds = 60): Result {
  const random = randomOf(seed);
  const normal = (): number =>
    Math.sqrt(-2 * Math.log(random() || 1e-9)) * Math.cos(6.283 * random());
  const lines: ResultSecond[] = [];
  for (let t = 1; t <= seconds; t++) {
    const trend = new Trend('time');
    const mood = Math.exp(0.03 * normal());
    for (let i = 0; i < 50; i++) trend.add(20 * slower * mood * Math.exp(0.25 * normal()));
    const delta = trend.take();
    if (delta === undefined) throw new Error('nothing was recorded');
    lines.push({
      kind: 'second',
      t: t * 1_000,
      sums: { iterations: [50, 50], http_reqs: [50, 50], http_req_failed: [50, 0] },
      gauges: {},
      trends: {
        http_req_duration: [delta.count, delta.sum, delta.min, delta.max, packTrend(delta)],
      },
      parts: {},
    });
  }
  return { begin: thisRun, seconds: lines, end: undefined };
}

function write(result: Result): string {
  const file = join(mkdtempSync(join(tmpdir(), 'vurun-compare-')), 'r.vurun.gz');
  const lines = [result.begin, ...result.seconds].map((line) => `${JSON.stringify(line)}\n`);
  writeFileSync(file, gzipSync(lines.join('')));
  return file;
}

/** Duration's median and percentiles; a run without an end says so, which is no difference of these. */
const trials = 20;

describe('two runs', () => {
  test('of the same target are not called different', () => {
    let called = 0;
    for (let trial = 0; trial < trials; trial++) {
      if (isDifferent(compare(madeResult(trial), madeResult(trial + 1_000)))) called++;
    }
    expect(called).toBeLessThanOrEqual(trials * 0.05);
  });

  test('of a target that became a tenth slower are', () => {
    let found = 0;
    for (let trial = 0; trial < trials; trial++) {
      const { stats } = compare(madeResult(trial), madeResult(trial + 1_000, 1.1));
      if (stats.some(({ stat, sense }) => stat === 'med' && sense === 'worse')) found++;
    }
    expect(found).toBeGreaterThanOrEqual(trials * 0.95);
  });
});

describe('vurun compare', () => {
  const ask = async (...args: string[]) => {
    const street = fakeStreet(['compare', ...args], { cwd: '/' });
    return { exitCode: await visit(street), out: street.out(), err: street.err() };
  };

  test('says what changed, and fails on what is not allowed', async () => {
    const [before, after] = [write(madeResult(1)), write(madeResult(2, 1.3))];
    const said = await ask(before, after, '--fail-on-regression', 'med>+10%');
    expect(said.exitCode).toBe(99);
    expect(said.out).toMatch(/http_req_duration +med .*\+\d+ % .*worse/);
    expect(said.out).toContain('Regression: http_req_duration med +');
    const allowed = await ask(before, after, '--fail-on-regression', 'med>+60%');
    expect(allowed.exitCode).toBe(0);
  });

  test('speaks markdown', async () => {
    const { out, exitCode } = await ask(write(madeResult(1)), write(madeResult(2)), '--markdown');
    expect(exitCode).toBe(0);
    expect(out).toContain('**No difference that is more than chance.**');
    expect(out).toContain('| metric |');
  });

  test.each([
    ['p(95)>10%', "'p(95)>10%' is no rule"],
    ['p95>+10%', "'p95>+10%' is no rule"],
    ['p(95)>-10%', "'p(95)>-10%' is no rule"],
  ])('refuses the rule %s', async (rule, words) => {
    const file = write(madeResult(1));
    const { exitCode, err } = await ask(file, file, '--fail-on-regression', rule);
    expect(exitCode).toBe(255);
    expect(err).toContain(words);
  });

  test('refuses what is no result', async () => {
    const file = write(madeResult(1));
    const { exitCode, err } = await ask(file, '/nowhere.gz');
    expect(exitCode).toBe(255);
    expect(err).toContain("cannot read the result '/nowhere.gz'");
  });
});
