/** What once went wrong when runs were cut, limits were near, or a VU came back. */
import { describe, expect, test } from 'vitest';
import { count, countingServer, logLines, runScript, said } from './support/cli.ts';

const busy = 'function busy(ms) { const end = Date.now() + ms; while (Date.now() < end); }';

describe.concurrent('a run', () => {
  test('does not take a long turn of many short entries for a hang', async () => {
    const run = await runScript(`
${busy}
export const options = { scenarios: { s: { executor: 'per-vu-iterations', vus: 2, iterations: 1 } } };
export default async function () {
  if (__VU !== 1) return;
  busy(1700); await null; busy(1700);
}`);
    expect(logLines(run, 'error')).toEqual([]);
    expect(count(run, 'iterations')).toBe(2);
  });

  test('does not cut teardown off when the threshold that ended it stays crossed', async () => {
    const run = await runScript(`
import { sleep, Counter } from 'vurun';
const seen = new Counter('seen');
export const options = {
  vus: 1, duration: '30s',
  thresholds: { seen: [{ threshold: 'count<1', abortOnFail: true }] },
};
export default async function () { seen.add(1); await sleep(0.1); }
export async function teardown() { await sleep(4.5); console.log('teardown ends'); }`);
    expect(run.exitCode).toBe(99);
    expect(said(run)).toEqual(['teardown ends']);
  });

  test('forks VUs although init code asked for something it was refused', async () => {
    const run = await runScript(
      `
import { Trend } from 'vurun';
try { new Trend('iterations'); } catch { }
export const options = { scenarios: { s: { executor: 'per-vu-iterations', vus: 40, iterations: 1 } } };
export default function () {}`,
      ['--shards', '1'],
    );
    expect(run.exitCode).toBe(0);
    expect(count(run, 'iterations')).toBe(40);
  });

  test('puts away what iterations that were cut off still waited for', async () => {
    const server = await countingServer((request, response) => {
      if (request.url === '/slow') setTimeout(() => response.end('late'), 400);
      else if (request.url !== '/never') response.end('ok');
    });
    const run = await runScript(
      `
import http from 'vurun/http';
export const options = { vus: 1, iterations: 2 };
const controller = new AbortController();
export default async function () {
  if (__ITER === 0) {
    http.get(__ENV.TARGET + 'never', { signal: controller.signal }).catch(() => {});
    setTimeout(() => { throw new Error('boom'); }, 50);
    return;
  }
  const answer = http.get(__ENV.TARGET + 'slow');
  controller.abort();
  console.log('answered ' + (await answer).status);
}`,
      ['-e', `TARGET=${server.url}`],
    );
    expect(said(run)).toEqual(['answered 200']);
    expect(logLines(run, 'warning')).toEqual([]);
  });

  test('lets a VU that is wanted again during its ramp-down finish', async () => {
    const run = await runScript(`
import { sleep } from 'vurun';
export const options = { scenarios: { s: { executor: 'ramping-vus', startVUs: 1, stages: [
  { duration: '500ms', target: 1 }, { duration: '0s', target: 0 },
  { duration: '500ms', target: 0 }, { duration: '0s', target: 1 }, { duration: '2500ms', target: 1 },
], gracefulRampDown: '1s', gracefulStop: '5s' } } };
export default async function () { await sleep(2.5); console.log('whole'); }`);
    expect(said(run)[0]).toBe('whole');
    expect(run.stdout).toContain('iterations');
  });

  test('does not pad iterations beyond the graceful stop', async () => {
    const run = await runScript(`
export const options = {
  minIterationDuration: '45s',
  scenarios: { s: { executor: 'constant-vus', vus: 1, duration: '1s', gracefulStop: '1s' } },
};
export default function () {}`);
    // Longer than the helper waits for a run, if it were padded.
    expect(run.exitCode).toBe(0);
    expect(count(run, 'iterations')).toBe(1);
  });

  test('gives VUs with a large memory limit cells with room for it', async () => {
    const run = await runScript(`
import { sleep } from 'vurun';
export const options = {
  vuMemoryLimit: '300MB',
  scenarios: { s: { executor: 'per-vu-iterations', vus: 12, iterations: 1 } },
};
export default async function () { const held = new ArrayBuffer(200 * 1048576); await sleep(1.5); if (held.byteLength === 0) throw 1; }`);
    expect(logLines(run, 'error')).toEqual([]);
    expect(count(run, 'iterations')).toBe(12);
  });

  test('ends a script whose init hangs in a promise job', async () => {
    const run = await runScript(`
Promise.resolve().then(() => Array.prototype.indexOf.call({ length: 2 ** 53 - 1 }, 1));
export default function () {}`);
    expect(run.exitCode).toBe(107);
    expect(run.stderr).toContain('inside one built-in function');
  });
});
