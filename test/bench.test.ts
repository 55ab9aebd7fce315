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

describe.skipIf(process.platform !== 'linux')('the benches', () => {
  it('each give numbers for vurun when they are run once and small', {
    timeout: 240_000,
  }, async () => {
    const json = join(folder, 'report.json');
    const { stdout } = await run(process.execPath, [program, '--tiny', '--json', json]);
    const { rows, failures } = JSON.parse(readFileSync(json, 'utf8')) as Report;
    expect(failures).toEqual([]);
    const names = [
      'http-throughput',
      'ws-echo',
      'vu-start',
      'idle-sessions',
      'op-round-trip',
      'record-cost',
      'script-cpu',
      'latency-accuracy',
    ];
    expect([...new Set(rows.map((row) => row.benchmark))]).toEqual(names);
    for (const name of names) {
      const own = rows.filter((row) => row.benchmark === name && row.who === 'vurun');
      expect(own.length, name).toBeGreaterThan(0);
      expect(stdout).toContain(name);
    }
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
