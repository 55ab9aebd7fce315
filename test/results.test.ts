/** The result file: what is in it after a run, after a killed one, and when it cannot be written. */

import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Trend, type TrendDelta } from '../src/metrics/trend.ts';
import { packTrend, unpackTrend } from '../src/results/packed-trend.ts';
import { readResult, trendOver } from '../src/results/result-reader.ts';
import { countingServer, folder, readSummary, runCli, startCli } from './support/cli.ts';

const script = `import http from 'vurun/http';
import { check, sleep } from 'vurun';
export const options = { scenarios: { s: { executor: 'constant-vus', vus: 2, duration: '3s' } }, thresholds: { http_req_failed: ['rate<0.9'] } };
export default async function () {
  const response = await http.get(__ENV.TARGET + (__ITER % 3 === 0 ? '503' : '200'), { name: 'page' });
  check(response, { 'is 200': (r) => r.status === 200 });
  await sleep(0.05);
}
`;

const serve = () =>
  countingServer((request, response) => {
    response.statusCode = Number((request.url ?? '').slice(1));
    response.setHeader('x-request-id', 'id-1');
    response.end('ok');
  });

describe('a distribution', () => {
  test('keeps its count when packed, and each value to a hundredth', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: 0.01, max: 1e7, noNaN: true }), { minLength: 1, maxLength: 300 }),
        (values) => {
          const trend = new Trend('time');
          for (const value of values) trend.add(value);
          const delta = trend.take() as TrendDelta;
          const back = unpackTrend(delta.count, delta.sum, delta.min, delta.max, packTrend(delta));
          const again = new Trend('time');
          again.merge(back);
          expect(again.count).toBe(values.length);
          const sorted = [...values].sort((a, b) => a - b);
          const middle = again.percentile(
            (100 * Math.floor(values.length / 2)) / Math.max(1, values.length - 1),
          );
          const exact = sorted[
            Math.min(Math.floor(values.length / 2), values.length - 1)
          ] as number;
          expect(Math.abs(middle - exact)).toBeLessThanOrEqual(exact * 0.02 + 0.02);
        },
      ),
    );
  });
});

describe.concurrent('a run', () => {
  test('leaves its result under a dated name', async () => {
    const server = await serve();
    const dir = folder({ 'main.ts': script });
    const args = ['run', 'main.ts', '-e', `TARGET=${server.url}`, '--summary-export', 's.json'];
    const { exitCode, stdout } = await runCli(args, { dir });
    expect(exitCode).toBe(0);
    const [name = ''] = readdirSync(join(dir, 'results'));
    expect(name).toMatch(/^\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d_main\.vurun\.gz$/);
    expect(stdout).toContain(`result: results/${name}`);
    const { begin, seconds, end } = readResult(join(dir, 'results', name));
    expect(begin).toMatchObject({ script: { name: 'main.ts' }, vus: 2, version: 1 });
    expect(begin.script.hash).toMatch(/^[0-9a-f]{64}$/);
    // What stands in the seconds adds up to what the summary says.
    const { metrics } = readSummary(dir, 's.json');
    const sum = (metric: string): number =>
      seconds.reduce((all, { sums }) => all + (sums[metric]?.[1] ?? 0), 0);
    expect(sum('http_reqs')).toBe(metrics['http_reqs']?.['count']);
    expect(sum('iterations')).toBe(metrics['iterations']?.['count']);
    expect(trendOver(seconds, 'http_req_duration')?.count).toBe(metrics['http_reqs']?.['count']);
    const parts = seconds.flatMap((second) => Object.entries(second.parts['http_reqs'] ?? {}));
    const answered = (status: string): number =>
      parts.filter(([part]) => part === status).reduce((all, [, count]) => all + count, 0);
    expect(answered('200') + answered('503')).toBe(metrics['http_reqs']?.['count']);
    expect(answered('503')).toBe(metrics['http_req_failed']?.['passes']);
    expect(seconds.some(({ failures }) => failures?.[0]?.ids?.['x-request-id'] === 'id-1')).toBe(
      true,
    );
    expect(end?.exitCode).toBe(0);
    expect(end?.metrics.find((one) => one.name === 'http_req_failed')?.thresholds).toHaveLength(1);
    expect(end?.diagnosis.failures).toBe(answered('503'));
  });

  test('that is killed leaves all but its last second', async () => {
    const server = await serve();
    const dir = folder({ 'main.ts': script.replace("'3s'", "'30s'") });
    const args = ['run', 'main.ts', '-e', `TARGET=${server.url}`, '--out', 'result=r.gz'];
    const process = await startCli(args, { dir });
    // By the time the view tells of its fourth second, the file has those before.
    await process.shows('running (04');
    process.signal('SIGKILL');
    await process.done;
    const { begin, seconds, end } = readResult(join(dir, 'r.gz'));
    expect(begin.script.name).toBe('main.ts');
    expect(seconds.length).toBeGreaterThanOrEqual(2);
    expect(end).toBeUndefined();
  });

  test('leaves none when it is told so', async () => {
    const server = await serve();
    const dir = folder({ 'main.ts': script.replace("'3s'", "'1s'") });
    await runCli(['run', 'main.ts', '--no-result', '-e', `TARGET=${server.url}`], { dir });
    expect(existsSync(join(dir, 'results'))).toBe(false);
  });

  test('goes on without its file, and says so', async () => {
    const server = await serve();
    const dir = folder({ 'main.ts': script.replace("'3s'", "'1s'"), results: 'a file' });
    const run = await runCli(['run', 'main.ts', '-e', `TARGET=${server.url}`], { dir });
    expect(run.exitCode).toBe(0);
    expect(run.stdout).toMatch(/the result file '.*' is incomplete/);
  });
});
