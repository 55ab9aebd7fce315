/** Ctrl-C and its relatives: the first ends the run in order, the second at once. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { countingServer, logLines, ownTraces, readSummary, startCli } from './support/cli.ts';

const looping = `import http from 'vurun/http';
import { sleep } from 'vurun';
export const options = { scenarios: { s: { executor: 'constant-vus', vus: 4, duration: '10m' } } };
export default async function () {
  await http.get(__ENV.TARGET);
  await sleep(30);
}
export async function teardown() {
  console.log('tearing down');
  await sleep(Number(__ENV.LINGER ?? 0));
  console.log('tore down');
}
`;

async function started(extra: readonly string[] = []) {
  let arrived = (): void => undefined;
  const all = new Promise<void>((resolve) => {
    arrived = resolve;
  });
  const server = await countingServer((_request, response) => {
    response.end('ok');
    if (server.hits() === 4) arrived();
  });
  const run = await startCli(
    [
      'run',
      'main.ts',
      '--shards',
      '2',
      '--summary-export',
      'summary.json',
      '-e',
      `TARGET=${server.url}`,
      ...extra,
    ],
    { files: { 'main.ts': looping } },
  );
  await all;
  return { run, server };
}

describe.concurrent('signals', () => {
  test.each([
    ['SIGINT', 'interrupt'],
    ['SIGTERM', 'terminated'],
  ] as const)(
    '%s cuts iterations off, runs teardown, shows and exports the summary and exits with 105',
    async (signal, word) => {
      const { run, server } = await started();
      run.signal(signal);
      const end = await run.done;
      expect(end.exitCode).toBe(105);
      expect(end.stderr).toContain('tore down');
      expect(end.stderr).toContain(
        `test run was aborted because vurun received a '${word}' signal`,
      );
      expect(logLines(end, 'error')).toHaveLength(1);
      expect(end.stdout).toContain('TOTAL RESULTS');
      expect(end.stdout).toContain('0 complete and 4 interrupted iterations');
      const { metrics } = readSummary(end.dir);
      expect(metrics['http_reqs']?.['count']).toBe(4);
      expect(metrics['iterations']).toBeUndefined();
      expect(server.hits()).toBe(4);
      expect(end.stdout + end.stderr).not.toMatch(ownTraces);
    },
  );

  test('a second SIGINT ends everything at once with 105', async () => {
    const { run } = await started(['-e', 'LINGER=600']);
    run.signal('SIGINT');
    await run.shows('tearing down');
    run.signal('SIGINT');
    const end = await run.done;
    expect(end.exitCode).toBe(105);
    expect(end.stderr).not.toContain('tore down');
    expect(end.stderr).toContain('Aborting vurun in response to signal');
    expect(existsSync(join(end.dir, 'summary.json'))).toBe(false);
  });

  test('SIGTERM after SIGINT ends everything at once, too', async () => {
    const { run } = await started(['-e', 'LINGER=600']);
    run.signal('SIGINT');
    await run.shows('tearing down');
    run.signal('SIGTERM');
    expect((await run.done).exitCode).toBe(105);
  });

  test('SIGINT during setup runs no iteration and exits with 105', async () => {
    const server = await countingServer();
    const run = await startCli(['run', 'main.ts', '-q', '-e', `TARGET=${server.url}`], {
      files: {
        'main.ts': `import http from 'vurun/http';
import { sleep } from 'vurun';
export async function setup() {
  console.log('setting up');
  await sleep(600);
}
export default async function () { await http.get(__ENV.TARGET); }
`,
      },
    });
    await run.shows('setting up');
    run.signal('SIGINT');
    const end = await run.done;
    expect(end.exitCode).toBe(105);
    expect(server.hits()).toBe(0);
    expect(logLines(end, 'error')).toHaveLength(1);
    expect(logLines(end, 'error')[0]).toContain('interrupt');
  });

  test('SIGINT while waiting for the startTime of a scenario ends the run', async () => {
    const run = await startCli(['run', 'main.ts', '-q'], {
      files: {
        'main.ts': `export const options = { scenarios: { s: { executor: 'constant-vus', vus: 1, duration: '1s', startTime: '10m' } } };
export function setup() { console.log('ready'); }
export default function () {}
`,
      },
    });
    await run.shows('ready');
    await new Promise((resolve) => setTimeout(resolve, 300));
    run.signal('SIGINT');
    expect((await run.done).exitCode).toBe(105);
  });

  test('SIGINT during an endless loop still ends the run in order', async () => {
    const server = await countingServer();
    const run = await startCli(['run', 'main.ts', '-q', '-e', `TARGET=${server.url}`], {
      files: {
        'main.ts': `import http from 'vurun/http';
export const options = { vuTurnTimeout: '3s', duration: '10m' };
export default async function () {
  await http.get(__ENV.TARGET);
  console.log('looping');
  await null;
  for (;;) String(1);
}
export function teardown() { console.log('tore down'); }
`,
      },
    });
    await run.shows('looping').catch(() => undefined);
    run.signal('SIGINT');
    const end = await run.done;
    expect(end.exitCode).toBe(105);
    expect(end.stderr).toContain('tore down');
    expect(end.stdout).toContain('TOTAL RESULTS');
  });
});
