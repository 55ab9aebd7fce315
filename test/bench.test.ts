/** Runs every benchmark once and small, so that none rots. The numbers of such a run mean nothing. */
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, describe, expect, it } from 'vitest';

const program = join(import.meta.dirname, '../dist/bench/main.js');
const folder = mkdtempSync(join(tmpdir(), 'vurun-bench-test-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const run = promisify(execFile);

interface Report {
  rows: { benchmark: string; figure: string; who: string; median: number }[];
  failures: string[];
}

async function tiny(...names: string[]): Promise<{ stdout: string; rows: Report['rows'] }> {
  const json = join(folder, 'report.json');
  const { stdout } = await run(process.execPath, [program, ...names, '--tiny', '--json', json]);
  const { rows, failures } = JSON.parse(readFileSync(json, 'utf8')) as Report;
  expect(failures).toEqual([]);
  return { stdout, rows };
}

describe.skipIf(process.platform !== 'linux')('the benches', () => {
  it('each give numbers for vurun when they are run once and small', {
    timeout: 240_000,
  }, async () => {
    const { stdout, rows } = await tiny();
    const names = [
      'http-throughput',
      'ws-echo',
      'vu-start',
      'idle-sessions',
      'many-vus',
      'op-round-trip',
      'record-cost',
      'script-cpu',
      'latency-accuracy',
      'lateness',
    ];
    expect([...new Set(rows.map((row) => row.benchmark))]).toEqual(names);
    for (const name of names) {
      const own = rows.filter((row) => row.benchmark === name && row.who === 'vurun');
      expect(own.length, name).toBeGreaterThan(0);
      expect(stdout).toContain(name);
    }
    for (const { figure, median } of rows) expect(median, figure).toEqual(expect.any(Number));
  });

  it('leave out what takes very long, unless it is named', { timeout: 60_000 }, async () => {
    const { rows } = await tiny('long-run');
    expect([...new Set(rows.map((row) => row.benchmark))]).toEqual(['long-run']);
    for (const { figure, median } of rows) expect(median, figure).toEqual(expect.any(Number));
  });

  it('refuse a name that is none and say which there are', async () => {
    const refused = run(process.execPath, [program, 'htp-throughput']);
    await expect(refused).rejects.toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/no benchmark 'htp-throughput'[\s\S]*ws-echo/),
    });
  });
});
