/** Whatever is wrong with what a user gives: one clear message, the right exit code, nothing begun. */
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type CliRun, countingServer, folder, logLines, ownTraces, runCli } from './support/cli.ts';

const fine = 'export default function () {}\n';

/** The message: everything on stderr, unescaped where it is a log line. */
function message(run: CliRun): string {
  return run.stderr.replaceAll('\\"', '"').replaceAll('\\n', '\n');
}

interface Case {
  script?: string;
  args?: readonly string[];
  env?: Readonly<Record<string, string>>;
  files?: Readonly<Record<string, string>>;
  exitCode: number;
  says: readonly (string | RegExp)[];
}

const table: Record<string, Case> = {
  'a missing script': { args: ['run', 'nowhere.ts'], exitCode: 255, says: ['nowhere.ts'] },
  'a directory as the script': { args: ['run', '.'], exitCode: 255, says: [/directory|folder/] },
  'no script at all': { args: ['run'], exitCode: 255, says: [/script/] },
  'an unknown command': { args: ['lunch', 'main.ts'], exitCode: 255, says: ['lunch'] },
  'an empty script': { script: '', exitCode: 255, says: ["'main.ts' is empty"] },
  'a script without exports': {
    script: 'const a = 1;\nconsole.debug(a);\n',
    exitCode: 255,
    says: ['no exported functions in script'],
  },
  'a syntax error': {
    script: 'export default function () {\n  const a = ;\n}\n',
    exitCode: 107,
    says: [/main\.ts:2:\d+/, /;/],
  },
  'a syntax error in an imported file': {
    script: "import './part.ts';\nexport default function () {}\n",
    files: { 'part.ts': 'let x = {;\n' },
    exitCode: 107,
    says: [/part\.ts:1:\d+/],
  },
  'a module that is not there': {
    script: "import './part.ts';\nexport default function () {}\n",
    exitCode: 107,
    says: ['./part.ts', 'main.ts:1'],
  },
  'a module of Node': {
    script: "import fs from 'node:fs';\nexport default function () { fs.x(); }\n",
    exitCode: 107,
    says: ['node:fs', 'main.ts:1', 'open()'],
  },
  'a module of k6': {
    script: "import { browser } from 'k6/browser';\nexport default function () { browser.newPage(); }\n",
    exitCode: 107,
    says: ['k6/browser', 'vurun has nothing like this module yet', 'main.ts:1'],
  },
  'a name vurun does not export': {
    script: "import { slep } from 'vurun';\nexport default function () { slep(); }\n",
    exitCode: 107,
    says: ["'vurun' does not export 'slep'", '"sleep"', 'main.ts:1'],
  },
  'init code that throws': {
    script: "const a = 1;\nthrow new RangeError('not today');\nexport default function () {}\n",
    exitCode: 107,
    says: [/RangeError: not today/, /main\.ts:2:/],
  },
  'init code that loops for ever': {
    script: 'export default function () {}\nconst spin = () => { for (;;) String(1); }; spin();\n',
    exitCode: 107,
    says: [/main\.ts:2:/, /ran for 10s/],
  },
  'a request in init code': {
    script:
      "import http from 'vurun/http';\nhttp.get('http://127.0.0.1:1/');\nexport default function () {}\n",
    exitCode: 107,
    says: [/init context/, /main\.ts:2:/],
  },
  'an unknown flag': {
    args: ['run', 'main.ts', '--vuss', '3'],
    exitCode: 255,
    says: ['--vuss', '--vus'],
  },
  'a flag that needs a number': {
    args: ['run', 'main.ts', '--vus', 'many'],
    exitCode: 104,
    says: ['many', 'vus'],
  },
  'negative VUs': { args: ['run', 'main.ts', '--vus=-3'], exitCode: 104, says: ['vus', '-3'] },
  'a bad duration on the command line': {
    args: ['run', 'main.ts', '--duration', '3 fortnights'],
    exitCode: 104,
    says: ['3 fortnights', 'duration'],
  },
  'a bad seed': { args: ['run', 'main.ts', '--seed', 'x'], exitCode: 255, says: ['--seed', 'x'] },
  'zero shards': { args: ['run', 'main.ts', '--shards', '0'], exitCode: 255, says: ['--shards'] },
  'options that are no object': {
    script: `export const options = 'fast';\n${fine}`,
    exitCode: 104,
    says: ['options'],
  },
  'an unknown executor': {
    script: `export const options = { scenarios: { s: { executor: 'constant-vu', duration: '1s' } } };\n${fine}`,
    exitCode: 104,
    says: ['constant-vu', 'constant-vus', 's'],
  },
  'an unknown scenario field': {
    script: `export const options = { scenarios: { s: { executor: 'constant-vus', duration: '1s', vuss: 3 } } };\n${fine}`,
    exitCode: 104,
    says: ['vuss', 'vus'],
  },
  'a function that is not exported': {
    script: `export const options = { scenarios: { s: { executor: 'constant-vus', duration: '1s', exec: 'zed' } } };\n${fine}`,
    exitCode: 104,
    says: ["function 'zed' not found in exports"],
  },
  'no default function': {
    script: 'export function other() {}\n',
    exitCode: 104,
    says: ["function 'default' not found in exports"],
  },
  'several problems at once': {
    script: `export const options = { scenarios: {
  a: { executor: 'constant-vus', vus: 0, duration: '10ms' },
  b: { executor: 'shared-iterations', vus: 5, iterations: 1 },
  c: { executor: 'per-vu-iterations', exec: 'zed' },
} };\n${fine}`,
    exitCode: 104,
    says: [/\ba\b.*vus|vus.*\ba\b|number of VUs/i, /10ms/, /\bb\b/, /zed/],
  },
  'a malformed threshold': {
    script: `export const options = { thresholds: { http_req_duration: ['p(95)<'], nonexist: ['count>1'], http_reqs: ['avg<3'] } };\n${fine}`,
    exitCode: 104,
    says: ['p(95)<', 'nonexist', 'avg'],
  },
  'conflicting shortcuts': {
    args: ['run', 'main.ts', '--iterations', '3', '--stage', '1s:3'],
    exitCode: 104,
    says: ['iterations', 'stages'],
  },
  'a config file that is not there': {
    args: ['run', 'main.ts', '--config', 'conf.json'],
    exitCode: 104,
    says: ['conf.json'],
  },
  'a config file that is no JSON': {
    args: ['run', 'main.ts', '--config', 'conf.json'],
    files: { 'conf.json': '{ "vus": 3,, }' },
    exitCode: 104,
    says: ['conf.json', /JSON/],
  },
  'a bad variable in the environment': {
    env: { VURUN_VUS: 'lots' },
    exitCode: 104,
    says: ['VURUN_VUS', 'lots'],
  },
  'an unknown output': {
    args: ['run', 'main.ts', '--out', 'jsn=x'],
    exitCode: 255,
    says: ["invalid output type 'jsn'", 'json'],
  },
  'an unknown summary stat': {
    args: ['run', 'main.ts', '--summary-trend-stats', 'avg,p(200)'],
    exitCode: 104,
    says: ['--summary-trend-stats', '200'],
  },
};

describe.concurrent('bad input', () => {
  test.each(Object.entries(table))('%s is told in one message', async (_name, given) => {
    const run = await runCli(given.args ?? ['run', 'main.ts'], {
      files: { 'main.ts': given.script ?? fine, ...given.files },
      ...(given.env === undefined ? {} : { env: given.env }),
    });
    const text = message(run);
    for (const part of given.says) {
      if (typeof part === 'string') expect(text).toContain(part);
      else expect(text).toMatch(part);
    }
    expect(run.exitCode).toBe(given.exitCode);
    expect(logLines(run, 'error').length).toBeLessThanOrEqual(1);
    expect(run.stdout + run.stderr).not.toMatch(ownTraces);
    expect(run.stdout).not.toContain('TOTAL RESULTS');
  });
});

describe.concurrent('files that cannot be written are found before the first request', () => {
  const cases: [string, readonly string[], string][] = [
    ['the summary export', ['--summary-export', 'no/such/summary.json'], 'no/such/summary.json'],
    ['the console output', ['--console-output', 'no/such/console.log'], 'no/such/console.log'],
    ['the JSON output', ['--out', 'json=no/such/samples.json'], 'no/such/samples.json'],
    ['the log', ['--log-output', 'file=no/such/run.log'], 'no/such/run.log'],
    ['a directory in place of a file', ['--summary-export', 'taken'], 'taken'],
  ];
  test.each(cases)('%s', async (_name, args, path) => {
    const server = await countingServer();
    const dir = folder({
      'main.ts': `import http from 'vurun/http';
export async function setup() { await http.get(__ENV.TARGET); }
export default async function () { await http.get(__ENV.TARGET); }
`,
    });
    mkdirSync(join(dir, 'taken'));
    const run = await runCli(['run', 'main.ts', '-e', `TARGET=${server.url}`, ...args], { dir });
    expect(run.exitCode).not.toBe(0);
    expect(message(run)).toContain(path);
    expect(run.stdout + run.stderr).not.toMatch(ownTraces);
    expect(server.hits()).toBe(0);
    expect(readdirSync(dir).sort()).toEqual(['main.ts', 'taken']);
  });
});

describe.concurrent('what is not bad input', () => {
  test('an unknown option of the script is a warning, as in k6', async () => {
    const run = await runCli(['run', 'main.ts', '-q'], {
      files: { 'main.ts': `export const options = { durration: '1s' };\n${fine}` },
    });
    expect(run.exitCode).toBe(0);
    expect(logLines(run, 'warning')).toHaveLength(1);
    expect(logLines(run, 'warning')[0]).toMatch(/durration.*did you mean 'duration'/);
  });

  test('a host that cannot be reached is a failed request, not a failed run', async () => {
    const run = await runCli(
      ['run', 'main.ts', '-q', '-i', '3', '--summary-export', 'summary.json'],
      {
        files: {
          'main.ts': `import http from 'vurun/http';
import { check } from 'vurun';
export default async function () {
  const response = await http.get('http://127.0.0.1:1/');
  check(response, { 'no answer': (r) => r.status === 0 && r.error_code === 1212 });
}
`,
        },
      },
    );
    expect(run.exitCode).toBe(0);
    const { metrics, root_group } = JSON.parse(
      readFileSync(join(run.dir, 'summary.json'), 'utf8'),
    ) as { metrics: Record<string, Record<string, number>>; root_group: { checks: object } };
    expect(metrics['http_req_failed']).toMatchObject({ value: 1, passes: 3, fails: 0 });
    expect(metrics['iterations']?.['count']).toBe(3);
    expect(root_group.checks).toMatchObject({ 'no answer': { passes: 3 } });
    expect(message(run)).toContain('Request Failed');
    expect(run.stdout + run.stderr).not.toMatch(ownTraces);
  });

  test('a run that fails leaves no half-written summary behind', async () => {
    const run = await runCli(
      ['run', 'main.ts', '--summary-export', 'summary.json', '--out', 'json=samples.json'],
      {
        files: { 'main.ts': "export default function () {}\nthrow new Error('no');\n" },
      },
    );
    expect(run.exitCode).toBe(107);
    expect(existsSync(join(run.dir, 'summary.json'))).toBe(false);
    expect(existsSync(join(run.dir, 'samples.json'))).toBe(false);
  });

  test('an export that is there from an earlier run is left alone when this one does not start', async () => {
    const run = await runCli(['run', 'main.ts', '--summary-export', 'summary.json'], {
      files: { 'main.ts': 'export const a = ;', 'summary.json': 'earlier' },
    });
    expect(run.exitCode).toBe(107);
    expect(readFileSync(join(run.dir, 'summary.json'), 'utf8')).toBe('earlier');
  });

  test('a byte order mark and CRLF in a script do no harm', async () => {
    const run = await runCli(['run', 'main.ts', '-q'], {
      files: { 'main.ts': '\ufeffexport default function () {\r\n  console.log("fine");\r\n}\r\n' },
    });
    expect(run.exitCode).toBe(0);
    expect(run.stderr).toContain('fine');
  });
});
