/** What a run leaves: the summary's schema, every sample, the console, and who wins over whom. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { count, countingServer, runCli, runScript, said } from './support/cli.ts';

const busy = `import http from 'vurun/http';
import { check, Counter, Gauge, group, Rate, sleep, Trend } from 'vurun';
const things = new Counter('things');
const level = new Gauge('level');
const luck = new Rate('luck');
const wait = new Trend('wait', true);
export const options = {
  scenarios: { s: { executor: 'shared-iterations', vus: 3, iterations: 30 } },
  thresholds: { http_req_duration: ['p(95)<60000'], 'http_reqs{part:one}': ['count==30'] },
};
export function setup() { return { token: 'abc' }; }
export default async function () {
  await group('front', async () => {
    const response = await http.get(__ENV.TARGET, { tags: { part: 'one' } });
    check(response, { 'is 200': (r) => r.status === 200, 'is odd': () => __ITER % 2 === 1 });
    await group('inner', () => http.get(__ENV.TARGET + 'two'));
  });
  things.add(2);
  level.add(__ITER);
  luck.add(true);
  wait.add(12.5);
  await sleep(0.01);
}
`;

interface Line {
  type: 'Metric' | 'Point';
  metric: string;
  data: { time: string; value: number; name: string; type: string; tags: Record<string, string> };
}

function samples(text: string): Line[] {
  expect(text.endsWith('\n')).toBe(true);
  return text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Line);
}

describe.concurrent('the exported summary', () => {
  test("has k6's schema and the exact counts", async () => {
    const server = await countingServer();
    const run = await runScript(busy, ['-e', `TARGET=${server.url}`, '--shards', '2']);
    expect(run.exitCode).toBe(0);
    expect(server.hits()).toBe(60);
    const { summary } = run;
    expect(Object.keys(summary ?? {}).sort()).toEqual(['metrics', 'root_group', 'setup_data']);
    expect(summary?.setup_data).toEqual({ token: 'abc' });
    expect(summary?.root_group).toEqual({
      name: '',
      path: '',
      id: 'd41d8cd98f00b204e9800998ecf8427e',
      checks: {},
      groups: {
        front: {
          name: 'front',
          path: '::front',
          id: expect.stringMatching(/^[0-9a-f]{32}$/),
          checks: {
            'is 200': {
              name: 'is 200',
              path: '::front::is 200',
              id: expect.any(String),
              passes: 30,
              fails: 0,
            },
            'is odd': {
              name: 'is odd',
              path: '::front::is odd',
              id: expect.any(String),
              passes: expect.any(Number),
              fails: expect.any(Number),
            },
          },
          groups: {
            inner: {
              name: 'inner',
              path: '::front::inner',
              id: expect.any(String),
              checks: {},
              groups: {},
            },
          },
        },
      },
    });
    const metrics = summary?.metrics ?? {};
    expect(metrics['http_reqs']).toEqual({ count: 60, rate: expect.any(Number) });
    expect(metrics['http_reqs{part:one}']).toEqual({
      count: 30,
      rate: expect.any(Number),
      thresholds: { 'count==30': false },
    });
    expect(metrics['things']).toMatchObject({ count: 60 });
    expect(metrics['luck']).toEqual({ value: 1, passes: 30, fails: 0 });
    expect(Object.keys(metrics['level'] ?? {}).sort()).toEqual(['max', 'min', 'value']);
    expect(metrics['wait']).toMatchObject({
      avg: 12.5,
      min: 12.5,
      med: 12.5,
      max: 12.5,
      'p(90)': 12.5,
      'p(95)': 12.5,
    });
    expect(metrics['http_req_failed']).toEqual({ value: 0, passes: 0, fails: 60 });
    expect(metrics['http_req_duration']?.thresholds).toEqual({ 'p(95)<60000': false });
    expect(metrics['http_req_duration{expected_response:true}']).toBeDefined();
    expect(metrics['checks']?.['passes']).toBeGreaterThanOrEqual(30);
    for (const name of [
      'data_sent',
      'data_received',
      'iterations',
      'iteration_duration',
      'http_req_blocked',
      'http_req_waiting',
    ]) {
      expect(Object.keys(metrics)).toContain(name);
    }
  });

  test('shows the stats that --summary-trend-stats asks for', async () => {
    const run = await runScript('export default function () {}\n', [
      '--summary-trend-stats',
      'med,p(99.9),count',
    ]);
    expect(run.summary?.metrics['iteration_duration']).toEqual({
      med: expect.any(Number),
      'p(99.9)': expect.any(Number),
      count: 1,
    });
    expect(run.stdout).toMatch(/iteration_duration.*med=.*p\(99\.9\)=.*count=1/);
  });
});

describe.concurrent('--out', () => {
  test('writes each sample: as many lines as the summary counts', async () => {
    const server = await countingServer();
    const run = await runScript(busy, [
      '-e',
      `TARGET=${server.url}`,
      '--shards',
      '2',
      '--out',
      'json=samples.json',
      '--out',
      'json=samples.json.gz',
      '--out',
      'csv=samples.csv',
      '--tag',
      'build=7',
    ]);
    expect(run.exitCode).toBe(0);
    const text = readFileSync(join(run.dir, 'samples.json'), 'utf8');
    const lines = samples(text);
    const declared = new Set<string>();
    for (const line of lines) {
      if (line.type === 'Metric') declared.add(line.metric);
      else expect(declared).toContain(line.metric);
    }
    const points = (metric: string): Line[] =>
      lines.filter((line) => line.type === 'Point' && line.metric === metric);
    const sum = (metric: string): number =>
      points(metric).reduce((all, { data }) => all + data.value, 0);
    for (const metric of ['http_reqs', 'things', 'iterations', 'data_sent', 'data_received']) {
      expect([metric, sum(metric)]).toEqual([metric, count(run, metric)]);
    }
    for (const metric of [
      'http_req_duration',
      'http_req_failed',
      'http_req_waiting',
      'checks',
      'group_duration',
    ]) {
      expect([metric, points(metric).length]).toEqual([metric, 60]);
    }
    for (const metric of ['iteration_duration', 'wait', 'luck', 'level']) {
      expect([metric, points(metric).length]).toEqual([metric, 30]);
    }
    expect(
      points('things').every(
        ({ data }) => data.tags['build'] === '7' && data.tags['scenario'] === 's',
      ),
    ).toBe(true);
    const tags = points('http_reqs')[0]?.data.tags;
    expect(tags).toMatchObject({
      expected_response: 'true',
      group: expect.stringMatching(/^::front/),
      method: 'GET',
      name: expect.stringContaining(server.url),
      url: expect.stringContaining(server.url),
      proto: 'HTTP/1.1',
      scenario: 's',
      status: '200',
      build: '7',
    });
    expect(points('http_reqs').every(({ data }) => !Number.isNaN(Date.parse(data.time)))).toBe(
      true,
    );
    const zipped = samples(gunzipSync(readFileSync(join(run.dir, 'samples.json.gz'))).toString());
    expect(zipped).toHaveLength(lines.length);
    const rows = readFileSync(join(run.dir, 'samples.csv'), 'utf8').trimEnd().split('\n');
    expect(rows[0]).toMatch(
      /^metric_name,timestamp,metric_value,check,error,.*,extra_tags,metadata$/,
    );
    expect(rows.length - 1).toBe(lines.filter((line) => line.type === 'Point').length);
    expect(rows.filter((row) => /^things,\d{10},\d+\.000000,.*,build=7,$/.test(row))).toHaveLength(
      points('things').length,
    );
  });

  test('--out csv alone writes file.csv', async () => {
    const run = await runScript('export default function () {}', [], { env: { K6_OUT: 'csv' } });
    expect(run.exitCode).toBe(0);
    expect(readFileSync(join(run.dir, 'file.csv'), 'utf8')).toContain('\niterations,');
  });
});

describe.concurrent('what is shown where', () => {
  const chatty = `export default function () { console.log('hello'); console.error({ a: [1, 'x'] }); }\n`;

  test('--console-output takes what scripts say, and nothing else', async () => {
    const run = await runScript(chatty, ['--console-output', 'console.log', '-i', '3']);
    expect(run.exitCode).toBe(0);
    expect(run.stderr).toBe('');
    const lines = readFileSync(join(run.dir, 'console.log'), 'utf8').trimEnd().split('\n');
    expect(lines).toHaveLength(6);
    expect(lines.filter((line) => line.includes('hello'))).toHaveLength(3);
  });

  test('--quiet leaves the summary and hides the rest', async () => {
    const loud = await runCli(['run', 'main.ts'], {
      files: { 'main.ts': 'export default function () {}\n' },
    });
    const quiet = await runCli(['run', 'main.ts', '--quiet'], {
      files: { 'main.ts': 'export default function () {}\n' },
    });
    expect(loud.stdout).toContain('execution: local');
    expect(loud.stdout).toContain('1 complete and 0 interrupted iterations');
    expect(quiet.stdout).not.toContain('execution: local');
    expect(quiet.stdout).not.toContain('complete and');
    expect(quiet.stdout).toContain('TOTAL RESULTS');
  });

  test('nothing is coloured when nobody is at a terminal', async () => {
    const run = await runCli(['run', 'main.ts'], { files: { 'main.ts': chatty } });
    expect(run.stdout + run.stderr).not.toContain('\u001b');
  });

  test('--log-format json makes each log line an object', async () => {
    const run = await runScript(chatty, ['--log-format', 'json']);
    const lines = run.stderr
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, string>);
    expect(lines.map(({ level, msg }) => [level, msg])).toEqual([
      ['info', 'hello'],
      ['error', expect.stringContaining('a')],
    ]);
  });

  test('--summary-mode disabled shows none', async () => {
    const run = await runScript('export default function () {}\n', ['--summary-mode', 'disabled']);
    expect(run.stdout.trim()).toBe('');
    expect(run.exitCode).toBe(0);
  });

  test('`vurun script.ts` is `vurun run script.ts`', async () => {
    const run = await runCli(['main.ts', '-i', '2', '-q'], { files: { 'main.ts': chatty } });
    expect(run.exitCode).toBe(0);
    expect(said(run)).toEqual(['hello', 'hello']);
  });
});

describe.concurrent('who wins over whom', () => {
  const script = `export const options = { vus: 2, iterations: 4 };
export default function () { console.log(__ENV.WHO); }
`;
  const iterations = async (
    args: readonly string[],
    env: Record<string, string>,
    files = {},
  ): Promise<number> => count(await runScript(script, args, { env, files }), 'iterations');

  test('the script over the config file', async () => {
    const files = { 'conf.json': '{"iterations":6}' };
    expect(await iterations(['--config', 'conf.json'], {}, files)).toBe(4);
  });
  test('the environment over the script', async () => {
    expect(await iterations([], { VURUN_ITERATIONS: '8' })).toBe(8);
  });
  test('flags over the environment', async () => {
    expect(await iterations(['-i', '10'], { VURUN_ITERATIONS: '8' })).toBe(10);
  });
  test('--env over the environment of the process', async () => {
    const run = await runScript(script, ['-i', '2', '-e', 'WHO=flag'], { env: { WHO: 'process' } });
    expect(said(run)).toEqual(['flag', 'flag']);
  });
});

describe.concurrent('inspect', () => {
  test('prints options and plan as JSON and sends nothing', async () => {
    const server = await countingServer();
    const run = await runCli(
      ['inspect', 'main.ts', '--execution-requirements', '-e', `TARGET=${server.url}`],
      {
        files: { 'main.ts': busy },
      },
    );
    expect(run.exitCode).toBe(0);
    const shown = JSON.parse(run.stdout) as {
      scenarios: Record<string, { executor: string }>;
      maxVUs: number;
      totalDuration: string;
      plan: { maxVUs: number; scenarios: unknown[] };
    };
    expect(shown.scenarios['s']).toMatchObject({
      executor: 'shared-iterations',
      vus: 3,
      iterations: 30,
    });
    expect(shown).toMatchObject({ maxVUs: 3, totalDuration: '10m30s' });
    expect(shown.plan.scenarios).toHaveLength(1);
    expect(server.hits()).toBe(0);
  });
});
