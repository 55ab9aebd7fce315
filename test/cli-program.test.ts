import { expect, test } from 'vitest';
import type { RunSettings } from '../src/cli/command.ts';
import { laterCommands, laterFlags, runFlags } from '../src/cli/flags.ts';
import { readCommandLine } from '../src/cli/program.ts';
import { longName } from '../src/cli/settings.ts';
import { UserError } from '../src/errors.ts';
import { optionFlags } from '../src/script/options.ts';

function read(line: string | string[], env: Record<string, string> = {}) {
  const argv = typeof line === 'string' ? line.split(' ').filter(Boolean) : line;
  return readCommandLine({ argv, env, versionText: 'vurun v1 (here)' });
}
function settingsOf(line: string | string[], env: Record<string, string> = {}): RunSettings {
  const command = read(line, env);
  if (command.name !== 'run') throw new Error(`read as ${command.name}`);
  return command.settings;
}
function refusal(line: string | string[], env: Record<string, string> = {}): string {
  try {
    read(line, env);
  } catch (thrown) {
    expect(thrown).toBeInstanceOf(UserError);
    expect((thrown as UserError).exitCode).toBe(255);
    return (thrown as UserError).message;
  }
  throw new Error(`'${line}' was accepted`);
}

test('a script alone is a run', () => {
  expect(read('script.ts -u 5')).toEqual(read('run script.ts -u 5'));
  expect(read('-u 5 script.ts')).toEqual(read('run -u 5 script.ts'));
  expect(read('-q run script.ts')).toEqual(read('run -q script.ts'));
  expect(read('-')).toMatchObject({ name: 'run', script: '-' });
});

test('options go to the script room as raw text under their flag s name', () => {
  const { options } = settingsOf(
    'run -u 5 -d 1m -i=7 -s 10s:5 -s 20s:9 --tag a=b --tag c=d,e --rps 3 -w --no-setup ' +
      '--local-ips 127.0.0.2 --insecure-skip-tls-verify --summary-trend-stats avg,p(99) script.ts',
  );
  expect(options).toMatchObject({
    vus: '5',
    duration: '1m',
    iterations: '7',
    stage: ['10s:5', '20s:9'],
    tag: ['a=b', 'c=d,e'],
    rps: '3',
    throw: true,
    noSetup: true,
    localIps: '127.0.0.2',
    insecureSkipTlsVerify: true,
    summaryTrendStats: ['avg,p(99)'],
  });
  expect(options).not.toHaveProperty('batch');
});

test('every option that has a flag can be given', () => {
  const names = new Set(
    runFlags.map((row) =>
      longName(row).replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase()),
    ),
  );
  expect(optionFlags.filter((flag) => !names.has(flag))).toEqual([]);
});

test('switches may carry a value, as Go writes them', () => {
  expect(settingsOf('run --no-setup=false --throw=true x.ts').options).toMatchObject({
    noSetup: false,
    throw: true,
  });
  expect(refusal('run --no-setup=perhaps x.ts')).toContain('--no-setup is a switch');
});

test('--http-debug does not swallow the script', () => {
  expect(read('run --http-debug x.ts')).toMatchObject({ script: 'x.ts' });
  expect(settingsOf('run --http-debug x.ts').options.httpDebug).toBe('headers');
  expect(settingsOf('run --http-debug=full x.ts').options.httpDebug).toBe('full');
});

test('__ENV is the environment with what --env gives laid over it', () => {
  const env = { HOME: '/h', A: '1' };
  expect(settingsOf(['run', '-e', 'A=2=3', 'x.ts'], env).scriptEnv).toEqual({
    HOME: '/h',
    A: '2=3',
  });
  for (const off of ['--no-include-system-env-vars', '--include-system-env-vars=false']) {
    expect(settingsOf(['run', off, '-e', 'B=', 'x.ts'], env).scriptEnv).toEqual({ B: '' });
  }
  expect(settingsOf('run x.ts', { VURUN_INCLUDE_SYSTEM_ENV_VARS: 'false' }).scriptEnv).toEqual({});
  expect(refusal('run -e 1A=secret x.ts')).toMatch(/^--env: '1A' is no name/);
  expect(refusal('run -e A x.ts')).toBe('--env A: write --env A=value');
});

test('variables stand in for flags, and flags win', () => {
  const env = {
    VURUN_OUT: 'json=a,json=b',
    VURUN_SUMMARY_MODE: 'full',
    VURUN_LOG_OUTPUT: 'file=run.log',
    VURUN_CONFIG: 'c.json',
    NO_COLOR: '1',
  };
  expect(settingsOf('run x.ts', env)).toMatchObject({
    outputs: ['json=a', 'json=b'],
    summaryMode: 'full',
    logOutput: { to: 'file', path: 'run.log' },
    configFile: 'c.json',
    noColor: true,
  });
  expect(settingsOf('run -o csv --summary-mode compact --log-output none x.ts', env)).toMatchObject(
    {
      outputs: ['csv'],
      summaryMode: 'compact',
      logOutput: { to: 'none' },
    },
  );
});

test('everything wrong with the flags is told at once', () => {
  const text = refusal('run --shards 0 --seed x --summary-mode ful --log-output loki=x x.ts');
  expect(text).toContain("--shards: '0' is no whole number from 1 to");
  expect(text).toContain("--seed: 'x' is no whole number");
  expect(text).toContain(
    "--summary-mode: 'ful' is none of compact, full, disabled (did you mean 'full'?)",
  );
  expect(text).toContain("--log-output: 'loki=x' is none of stderr, stdout, none, file=PATH");
});

test.each([
  ['run --vsu 5 x.ts', "unknown option '--vsu' (did you mean '--vus'?)"],
  ['rnu x.ts', "unknown command 'rnu' (did you mean 'run'?)"],
  ['run', 'name the script to run, or - for stdin'],
  ['run a.ts b.ts', "too many arguments for 'run'"],
  ['run -u', "option '-u, --vus <n>' argument missing"],
  ['-q', 'name a script to run'],
  ['sim --port 70000', "--port: '70000' is no whole number from 0 to 65535"],
  ['sim --scale -1', "--scale: '-1' is no number above 0"],
])('`vurun %s` is refused in one sentence', (line, message) => {
  const text = refusal(line);
  expect(text).toContain(message);
  expect(text).not.toContain('\n');
});

test('what only k6 has is called by its name', () => {
  for (const flag of laterFlags) expect(refusal(`run ${flag} x.ts`)).toContain('not supported');
  expect(refusal('run --paused=1 x.ts')).toContain('--paused is not');
  for (const name of laterCommands) expect(refusal(`${name} x.ts`)).toContain('not supported');
});

test('the value of a flag is never taken for a flag', () => {
  expect(settingsOf(['run', '--user-agent', '--dns', 'x.ts']).options.userAgent).toBe('--dns');
});

test('help, version, sim and inspect are read', () => {
  expect(read('')).toMatchObject({ name: 'print', text: expect.stringContaining('Examples:') });
  expect(read('run --help')).toMatchObject({
    text: expect.stringMatching(/--summary-export[\s\S]*Examples:/),
  });
  expect(read('version')).toEqual({ name: 'print', text: 'vurun v1 (here)\n' });
  expect(read('--version')).toEqual(read('version'));
  expect(read('inspect -u 3 --execution-requirements x.ts')).toMatchObject({
    name: 'inspect',
    executionRequirements: true,
    settings: { options: { vus: '3' } },
  });
  expect(read('sim --list')).toEqual({ name: 'sim-list', topic: undefined });
  expect(read('sim --list rest.limit')).toEqual({ name: 'sim-list', topic: 'rest.limit' });
  expect(read('sim --preset seed-004 --port 8080 --set a.b=1 --set c=2 --scale 0.1')).toEqual({
    name: 'sim',
    settings: {
      preset: 'seed-004',
      port: 8080,
      set: ['a.b=1', 'c=2'],
      untilStdinEnds: false,
      scale: 0.1,
      seed: undefined,
      ledger: undefined,
      listen: undefined,
    },
  });
});
