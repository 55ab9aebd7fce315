/** What cannot work is said before the run: by `inspect`, at the start of a run, and with --strict instead of it. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { countingServer, folder, logLines, ownTraces, runCli, runScript } from './support/cli.ts';

/** Two things cannot work in it: the rate that is wanted, and the calls of all VUs in a minute. */
const script = (more = ''): string => `import http from 'vurun/http';
export const options = {
  scenarios: { callers: { executor: 'constant-vus', vus: 2, duration: '1s', iterationTakes: '500ms', callsPerIteration: 1 } },
  thresholds: { iterations: ['rate>=50'] },
  target: { limit: '1/min' },
  ${more}
};
export default async function () {
  await http.get(__ENV.URL);
  await new Promise((resolve) => setTimeout(resolve, 300));
}
`;
const findings = [
  {
    path: 'thresholds.iterations',
    problem:
      "2 VUs with 500ms per iteration give at most 4/s, and the threshold 'rate>=50' wants at least 50/s",
    advice: 'use 25 VUs, or iterations of at most 40ms',
  },
  {
    path: 'scenarios.callers.vus',
    problem: '2 VUs that each make 1 call in 500ms are 4 calls/min, and the limit is 1/min',
    advice: 'let an iteration take 2m',
  },
];
const lines = findings.map(({ path, problem, advice }) => `${path}: ${problem}; ${advice}`);

describe.concurrent('a plan that cannot work', () => {
  test('is shown by inspect', async () => {
    const run = await runCli(['inspect', 'main.ts'], { files: { 'main.ts': script() } });
    expect(run.exitCode).toBe(0);
    const shown = JSON.parse(run.stdout) as { plan: { findings: unknown }; target: unknown };
    expect(shown.plan.findings).toEqual(findings);
    expect(shown.target).toEqual({ limit: '1/min' });
    expect(logLines(run, 'warning')).toHaveLength(2);
  });

  test('is warned of, and runs', async () => {
    const server = await countingServer();
    const run = await runScript(script(), ['-e', `URL=${server.url}`]);
    for (const line of lines) expect(run.stderr).toContain(`level=warning msg="${line}"`);
    expect(logLines(run, 'warning')).toHaveLength(2);
    expect(run.exitCode).toBe(99);
    expect(server.hits()).toBeGreaterThan(2);
  });

  const ways: [string, string, readonly string[], Record<string, string>][] = [
    ['the flag', '', ['--strict'], {}],
    ['the option', 'strict: true,', [], {}],
    ['the environment', '', [], { VURUN_STRICT: 'true' }],
  ];
  test.each(ways)('is refused with %s, all at once', async (_name, more, flags, env) => {
    const server = await countingServer();
    const run = await runScript(script(more), ['-e', `URL=${server.url}`, ...flags], { env });
    expect(run.exitCode).toBe(104);
    expect(server.hits()).toBe(0);
    expect(run.stderr).toContain('The plan cannot work (strict):');
    for (const line of lines) expect(run.stderr).toContain(`\n  - ${line}\n`);
    expect(logLines(run, 'error')).toHaveLength(1);
    expect(logLines(run, 'warning')).toEqual([]);
    expect(run.stderr).not.toMatch(ownTraces);
    expect(run.summary).toBeUndefined();
  });

  test('is refused by inspect as well, and a flag has the last word', async () => {
    const files = { 'main.ts': script('strict: true,') };
    const refused = await runCli(['inspect', 'main.ts'], { files });
    expect(refused.exitCode).toBe(104);
    expect(refused.stdout).toBe('');
    const warned = await runCli(['inspect', '--strict=false', 'main.ts'], { files });
    expect(warned.exitCode).toBe(0);
  });
});

describe.concurrent('a plan that can', () => {
  test('is not spoken of, --strict or not', async () => {
    const files = { 'main.ts': 'export default function () {}\n' };
    const run = await runCli(['run', 'main.ts', '--strict', '-i', '3'], { files });
    expect(run.stderr).toBe('');
    expect(run.exitCode).toBe(0);
  });

  test('whose thresholds are off is not held against them', async () => {
    const files = { 'main.ts': script().replace("target: { limit: '1/min' },", '') };
    const args = ['inspect', '--strict', '--no-thresholds', 'main.ts'];
    expect((await runCli(args, { files })).exitCode).toBe(0);
  });
});

test.skipIf(!existsSync('/proc/self/limits'))(
  'files are counted against the limit of the process',
  () => {
    const dir = folder({ 'main.ts': 'export default function () {}\n' });
    const program = join(import.meta.dirname, '../dist/src/main.js');
    const { status, stderr } = spawnSync(
      'sh',
      [
        '-c',
        `ulimit -n 200; exec "${process.execPath}" "${program}" inspect --strict -u 150 -d 1m main.ts`,
      ],
      { cwd: dir, encoding: 'utf8' },
    );
    expect(stderr).toContain(
      'scenarios: 150 VUs with a connection each need at least 214 open files, and this process may have 200; ' +
        'raise the limit (ulimit -n 214) or use at most 136 VUs',
    );
    expect(status).toBe(104);
  },
);
