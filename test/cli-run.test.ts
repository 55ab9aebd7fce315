import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { AttemptBook } from '../src/attempts/attempt-book.ts';
import { visit } from '../src/cli/cli.ts';
import type { Engine } from '../src/cli/engine.ts';
import type { RunResult, TestRunRequest } from '../src/coordinator/contract.ts';
import { ExitCode, UserError } from '../src/errors.ts';
import { progress } from './cli-progress.ts';
import { type FakeStreet, fakeStreet } from './cli-street.ts';
import { sampleLedger } from './report-ledger.ts';

let cwd = '';
beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), 'vurun-cli-'));
});
afterEach(() => rmSync(cwd, { recursive: true, force: true }));

interface Played {
  result?: Partial<RunResult>;
  during?: (street: FakeStreet, request: TestRunRequest) => void;
  fails?: unknown;
  description?: string[];
}

/** Runs a command line against an engine that only pretends. */
async function play(
  line: string,
  played: Played = {},
  more: Parameters<typeof fakeStreet>[1] = {},
) {
  const street = fakeStreet(line.split(' '), { cwd, ...more });
  let interrupts = 0;
  let request: TestRunRequest | undefined;
  const engine: Engine = {
    loadProgram: async () => ({
      scriptPath: '/x.ts',
      scriptDir: '/',
      sources: [],
      modules: [],
      code: '',
      sourceMap: '',
      exportNames: ['default'],
      warnings: [],
    }),
    createTestRun: async (asked) => {
      request = asked;
      return {
        config: { summaryTrendStats: ['avg', 'p(95)'], summaryTimeUnit: '', target: {} } as never,
        description: played.description ?? [
          '(100.00%) 1 scenario',
          '* default: 2 looping VUs for 3s',
        ],
        progress: () => progress(),
        interrupt: () => {
          interrupts += 1;
        },
        run: async () => {
          played.during?.(street, asked);
          if (played.fails !== undefined) throw played.fails;
          return {
            exitCode: ExitCode.ok,
            ledger: sampleLedger(),
            attempts: new AttemptBook(1),
            limit: () => ({ refused: 0, accepted: 0, level: undefined, told: false }),
            diagnosis: {
              version: 1,
              gate: { healthy: true, facts: [], problems: [] },
              verdicts: [],
              further: [],
              failures: 0,
              explained: 0,
              unexplained: [],
            },
            health: [],
            durationMs: 3_000,
            iterationsComplete: 58,
            iterationsInterrupted: 0,
            setupData: undefined,
            handledSummary: undefined,
            caveats: [],
            ...played.result,
          };
        },
      };
    },
    inspectScript: async () => ({
      givenOptions: {},
      openedFiles: [],
      options: { vus: 2 },
      plan: { maxVUs: 2, totalDuration: '33s', shards: 1, scenarios: [], findings: [] },
    }),
  };
  const exitCode = await visit(street, async () => engine);
  expect(street.listeners()).toBe(0);
  return { exitCode, street, interrupts, request, out: street.out(), err: street.err() };
}

test('a run prints its description, progress and summary, in this order', async () => {
  const { exitCode, out, err } = await play('run --seed 7 x.ts');
  expect(exitCode).toBe(0);
  expect(err).toBe('');
  const places = [
    'v u r u n',
    '     execution: local\n        script: x.ts\n        output: -\n          seed: 7\n',
    '     scenarios: (100.00%) 1 scenario\n              * default: 2 looping VUs for 3s\n',
    'running (01.0s), 2/2 VUs',
    '█ TOTAL RESULTS',
  ].map((text) => out.indexOf(text));
  expect(places).not.toContain(-1);
  expect(places).toEqual([...places].sort((a, b) => a - b));
});

test('on a terminal the description breaks at spaces, elsewhere never', async () => {
  const long =
    '* default: Up to 50 looping VUs for 1m30s over 2 stages (gracefulRampDown: 30s, gracefulStop: 30s)';
  const description = ['(100.00%) 1 scenario', long];
  const { out } = await play('run --no-color x.ts', { description }, { tty: true });
  expect(out).toContain(`
              * default: Up to 50 looping VUs for 1m30s over 2 stages
                (gracefulRampDown: 30s, gracefulStop: 30s)
`);
  expect((await play('run x.ts', { description })).out).toContain(long);
});

test('--quiet leaves only the summary', async () => {
  const { out } = await play('run -q x.ts');
  expect(out.trimStart()).toMatch(/^█ THRESHOLDS/);
});

test('on a terminal the block is painted over, log lines stand above it, the cursor comes back', async () => {
  const { out, err } = await play(
    'run --no-color x.ts',
    {
      during: (_, { log }) =>
        log({ level: 'info', time: Date.now(), message: 'hi', fields: { source: 'console' } }),
    },
    { tty: true },
  );
  expect(err).toBe('INFO[0000] hi  source=console\n');
  expect(out).toContain('\u001b[?25l');
  expect(out).toContain('\u001b[3A\r\u001b[0J');
  expect(out.lastIndexOf('\u001b[?25h')).toBeGreaterThan(out.lastIndexOf('\u001b[?25l'));
  expect(out.lastIndexOf('\u001b[?25h')).toBeLessThan(out.indexOf('TOTAL RESULTS'));
});

test('the cursor comes back when a run fails, too', async () => {
  const { out, err, exitCode } = await play(
    'run x.ts',
    { fails: new UserError(ExitCode.scriptException, 'boom', 'mend it') },
    { tty: true },
  );
  expect(exitCode).toBe(107);
  expect(out.endsWith('\u001b[?25h')).toBe(true);
  expect(err).toContain('boom\n  mend it\n');
});

test('the first signal interrupts the run, the second ends the process', async () => {
  const { street, interrupts, exitCode, err } = await play('run x.ts', {
    during: (at) => {
      at.send('SIGINT');
      at.send('SIGTERM');
    },
    result: { exitCode: ExitCode.externalAbort },
  });
  expect(interrupts).toBe(1);
  expect(street.exits).toEqual([105]);
  expect(exitCode).toBe(105);
  expect(err).toContain("test run was aborted because vurun received a 'interrupt' signal");
});

test('crossed thresholds are named after the summary', async () => {
  const ledger = sampleLedger();
  const crossed = ledger.metrics().map((view) => ({
    ...view,
    thresholds: view.name === 'checks' ? view.thresholds.map((t) => ({ ...t, ok: false })) : [],
  }));
  const { exitCode, err } = await play('run x.ts', {
    result: {
      exitCode: ExitCode.thresholdsFailed,
      ledger: { ...ledger, metrics: () => crossed },
      iterationsComplete: 0,
    },
  });
  expect(exitCode).toBe(99);
  expect(err).toContain(`msg="thresholds on metrics 'checks' have been crossed"`);
  expect(err).toContain('No script iterations fully finished');
});

test('the summary export replaces its file as a whole', async () => {
  writeFileSync(join(cwd, 'out.json'), 'old');
  await play('run --summary-export out.json x.ts');
  const exported = JSON.parse(readFileSync(join(cwd, 'out.json'), 'utf8'));
  expect(exported.metrics.http_reqs).toEqual({ count: 118, rate: 38.803889 });
  expect(readdirSync(cwd)).toEqual(['out.json']);
});

test('files that cannot be written are told all at once, before anything runs', async () => {
  mkdirSync(join(cwd, 'folder'));
  const { exitCode, err, request } = await play(
    'run --summary-export folder --console-output no/where --log-output file=no/log x.ts',
  );
  expect(exitCode).toBe(104);
  expect(request).toBeUndefined();
  expect(err).toContain("the summary export 'folder': it is a directory");
  expect(err).toContain("the console output 'no/where': the directory");
  expect(err).toContain("the log file 'no/log': the directory");
});

test('what handleSummary made takes the place of the summary', async () => {
  const { out, err } = await play('run -q x.ts', {
    result: {
      handledSummary: {
        stdout: 'to out\n',
        stderr: 'to err\n',
        'own.bin': new Uint8Array([1, 2]),
        'no/where': 'x',
      },
    },
  });
  expect(out).toBe('to out\n');
  expect(err).toMatch(/^to err\n.*cannot write 'no\/where'/);
  expect([...readFileSync(join(cwd, 'own.bin'))]).toEqual([1, 2]);
});

test('logs and console lines go to the files they were given', async () => {
  const { err } = await play('run -q --console-output said.txt --log-output file=log.txt x.ts', {
    during: (_, { log }) => {
      log({ level: 'info', time: 0, message: 'said', fields: { source: 'console' } });
      log({ level: 'error', time: 0, message: 'logged' });
    },
  });
  expect(err).toBe('');
  expect(readFileSync(join(cwd, 'said.txt'), 'utf8')).toMatch(/msg=said source=console\n$/);
  expect(readFileSync(join(cwd, 'log.txt'), 'utf8')).toMatch(/level=error msg=logged\n$/);
});

test('a config file reaches the engine, and a broken one is named', async () => {
  writeFileSync(join(cwd, 'c.json'), '{"vus": 3}');
  writeFileSync(join(cwd, 'broken.json'), '{"vus": ');
  const { request } = await play('run -c c.json x.ts');
  expect(request?.layers).toMatchObject({ configFile: { vus: 3 }, configFileName: 'c.json' });
  const broken = await play('run -c broken.json x.ts');
  expect(broken.exitCode).toBe(104);
  expect(broken.err).toContain("the config file 'broken.json' is not JSON");
  expect((await play('run -c none.json x.ts')).err).toContain(
    "cannot read the config file 'none.json'",
  );
});

test('inspect prints options and plan', async () => {
  const { out } = await play('inspect --execution-requirements x.ts');
  expect(JSON.parse(out)).toEqual({
    vus: 2,
    plan: { maxVUs: 2, totalDuration: '33s', shards: 1, scenarios: [], findings: [] },
    maxVUs: 2,
    totalDuration: '33s',
  });
});

test('our own crash says whose fault it is, with a stack only when asked', async () => {
  const calm = await play('run x.ts', { fails: new TypeError('oops') });
  expect(calm.exitCode).toBe(109);
  expect(calm.err).toContain('vurun crashed; this is a bug in vurun: oops');
  expect(calm.err).not.toContain('    at ');
  const loud = await play('run -v x.ts', { fails: new TypeError('oops') });
  expect(loud.err).toContain('    at ');
});
