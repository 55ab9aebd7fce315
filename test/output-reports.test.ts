/** What a run leaves for CI systems and for support: junit, github, attempts, ids, and trace ids in them. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'csv-parse/sync';
import { describe, expect, test } from 'vitest';
import type { Attempt } from '../src/attempts/contract.ts';
import { countingServer, runCli, runScript } from './support/cli.ts';
import { wsServer } from './support/ws-server.ts';

const script = `import { check, group, http } from 'vurun';
export const options = {
  vus: 2, iterations: 6,
  thresholds: { http_req_duration: ['p(95)<60000'], http_req_failed: ['rate<0.1'] },
};
export default async function () {
  const good = await http.get(__ENV.TARGET + 'good', { name: 'good, "really"' });
  const bad = await http.get(__ENV.TARGET + 'bad', { name: 'bad' });
  await group('a <b> & c', () => {
    check(good, { 'is "200"': (r) => r.status === 200 });
    check(bad, { 'is | 200': (r) => r.status === 200 });
  });
}
`;

/** Half of the answers are good; all have an id. */
async function half() {
  let count = 0;
  return await countingServer((request, response) => {
    const status = request.url?.endsWith('/bad') === true ? 503 : 200;
    response.writeHead(status, { 'X-Request-Id': `id-${++count}` }).end();
  });
}

describe.concurrent('reports of a run', () => {
  test('junit has the run, thresholds and checks as test cases', async () => {
    const { url } = await half();
    const run = await runScript(script, ['-e', `TARGET=${url}`, '--out', 'junit=j.xml']);
    expect(run.exitCode).toBe(99);
    const xml = readFileSync(join(run.dir, 'j.xml'), 'utf8');
    expect(xml).toMatch(
      /^<\?xml version="1.0" encoding="UTF-8"\?>\n<testsuites name="main.ts" tests="5" failures="2" errors="0"/,
    );
    expect(xml).toContain('<testcase classname="run" name="main.ts" time="0"/>');
    expect(xml).toContain(
      '<testcase classname="thresholds.http_req_duration" name="p(95)&lt;60000" time="0"/>',
    );
    expect(xml).toContain(
      '<failure type="failed" message="rate was 50.00%">rate was 50.00%</failure>',
    );
    expect(xml).toContain(
      '<testcase classname="checks.a &lt;b&gt; &amp; c" name="is &quot;200&quot;" time="0"/>',
    );
    expect(xml).toContain('message="failed 6 of 6 times (0.00% passed)"');
    // Every element is closed, in its turn.
    const open: string[] = [];
    for (const [tag, close, name, , self] of xml.matchAll(
      /<(\/?)([\w-]+)((?:\s[\w-]+="[^"<]*")*)(\/?)>/g,
    )) {
      if (self === '/') continue;
      if (close === '') open.push(name as string);
      else expect([tag, open.pop()]).toEqual([tag, name]);
    }
    expect(open).toEqual([]);
  });

  test('junit calls a run that broke an error', async () => {
    const run = await runScript(
      "export function setup() { throw new Error('no'); }\nexport default function () {}\n",
      ['--out', 'junit=j.xml'],
    );
    expect(run.exitCode).toBe(107);
    const xml = readFileSync(join(run.dir, 'j.xml'), 'utf8');
    expect(xml).toContain('<error type="error" message="vurun ended with exit code 107">');
  });

  test('github adds markdown to the summary of the step', async () => {
    const { url } = await half();
    const run = await runScript(script, ['-e', `TARGET=${url}`, '--out', 'github'], {
      files: { 'step.md': '# before\n' },
      env: { GITHUB_STEP_SUMMARY: 'step.md' },
    });
    const text = readFileSync(join(run.dir, 'step.md'), 'utf8');
    expect(text).toMatch(/^# before\n## ❌ main.ts failed: 1 threshold crossed\n/);
    expect(text).toMatch(/\| ✅ \| `http_req_duration` \| `p\(95\)<60000` \| [\d.]+[µm]s \|/);
    expect(text).toContain('| ❌ | `http_req_failed` | `rate<0.1` | 50.00% |');
    expect(text).toContain('| ❌ | a \\<b\\> & c › is \\| 200 | 0 | 6 |');
    expect(text).toMatch(/\| `http_reqs` \| 12 \| /);
  });

  test('outputs without a place to write to are refused before the load', async () => {
    for (const [spec, env, message] of [
      ['github', { GITHUB_STEP_SUMMARY: '' }, /GITHUB_STEP_SUMMARY is not set/],
      ['junit=nowhere/j.xml', {}, /the junit output cannot write to 'nowhere\/j.xml': ENOENT/],
      ['attempts=nowhere/a', {}, /the attempts output cannot write to 'nowhere\/a': ENOENT/],
    ] as const) {
      const run = await runCli(['run', 'main.ts', '--out', spec, '--no-result'], {
        files: { 'main.ts': 'export default function () {}\n' },
        env,
      });
      expect([spec, run.exitCode]).toEqual([spec, 104]);
      expect(run.stderr).toMatch(message);
    }
    const run = await runCli(['run', 'main.ts', '--ids', 'bad.csv'], {
      files: { 'main.ts': 'export default function () {}\n' },
    });
    expect(run.exitCode).toBe(255);
    expect(run.stderr).toContain('--ids bad.csv: write --ids failed=FILE.csv');
  });

  test('receivers that are not there cost the run nothing, and the summary says what is missing', async () => {
    const { url, hits } = await half();
    const run = await runScript(script.replace('rate<0.1', 'rate<0.9'), [
      ...['-e', `TARGET=${url}`, '--out', 'prometheus=http://127.0.0.1:1'],
      ...['--out', 'influxdb=http://me:secret@127.0.0.1:1', '--out', 'statsd=127.0.0.1:1'],
    ]);
    expect(run.exitCode).toBe(0);
    expect(hits()).toBe(12);
    for (const name of ['prometheus', 'influxdb']) {
      expect(run.stdout).toMatch(
        new RegExp(`! the ${name} output to http://127.0.0.1:1/\\S+ is incomplete: `),
      );
    }
    expect(run.stdout + run.stderr).not.toContain('secret');
  });

  test('--ids lists failed attempts, or all, with their correlation ids', async () => {
    const { url } = await half();
    const run = await runScript(script, [
      ...['-e', `TARGET=${url}`, '--ids', 'failed=f.csv', '--ids', 'all=all.csv'],
      ...['--out', 'attempts=a.ndjson'],
    ]);
    const rows = (name: string) =>
      parse(readFileSync(join(run.dir, name), 'utf8'), { columns: true }) as Record<
        string,
        string
      >[];
    const failed = rows('f.csv');
    expect(failed).toHaveLength(6);
    expect(failed.every((row) => row['name'] === 'bad' && row['status'] === '503')).toBe(true);
    expect(failed.every((row) => /^id-\d+$/.test(row['correlation_id'] ?? ''))).toBe(true);
    const all = rows('all.csv');
    expect(all.filter((row) => row['name'] === 'good, "really"')).toHaveLength(6);
    const records = readFileSync(join(run.dir, 'a.ndjson'), 'utf8').trimEnd().split('\n');
    const ids = records.map((line) => (JSON.parse(line) as Attempt).ids?.['x-request-id']);
    expect(all.map((row) => row['correlation_id']).toSorted()).toEqual(ids.toSorted());
  });
});

test.concurrent('traceparent: each request and WebSocket has one of its own, and its record the id', async () => {
  const sent: string[] = [];
  const server = await countingServer((request, response) => {
    sent.push(String(request.headers['traceparent']));
    const location = request.url === '/moved' ? { Location: '/there' } : {};
    response.writeHead(request.url === '/moved' ? 302 : 200, location).end();
  });
  const sockets = await wsServer();
  const run = await runScript(
    `import { http, WebSocket } from 'vurun';
export const options = { traceparent: true };
export default async function () {
  await http.get(__ENV.TARGET + 'moved');
  await http.get(__ENV.TARGET, { headers: { Traceparent: '00-' + 'a'.repeat(32) + '-' + 'b'.repeat(16) + '-00' } });
  const ws = new WebSocket(__ENV.WS + '/headers');
  console.log((await ws.nextJson()).traceparent);
  ws.close();
  await ws.closed;
}
`,
    ['-e', `TARGET=${server.url}`, '-e', `WS=${sockets.url}`, '--out', 'attempts=a.ndjson'],
  );
  sockets.close();
  expect(run.exitCode).toBe(0);
  const own = /\b00-[0-9a-f]{32}-[0-9a-f]{16}-01\b/;
  expect(sent).toHaveLength(3);
  expect(sent.slice(0, 2).every((header) => own.test(header))).toBe(true);
  const ofSocket = own.exec(run.stderr)?.[0] ?? '';
  const records = readFileSync(join(run.dir, 'a.ndjson'), 'utf8').trimEnd().split('\n');
  const ids = records.map((line) => (JSON.parse(line) as Attempt).ids?.['trace-id']);
  expect(ids).toEqual([...sent, ofSocket].map((header) => header.split('-')[1]));
  expect(new Set(ids).size).toBe(4);
});

test.concurrent('traceparent: a share of the requests asks to be recorded, and by default none is sent', async () => {
  const flags: (string | undefined)[] = [];
  const server = await countingServer((request, response) => {
    flags.push((request.headers['traceparent'] as string | undefined)?.slice(-2));
    response.end();
  });
  const loop = `import { http } from 'vurun';
export const options = { vus: 4, iterations: 200 };
export default async function () { await http.get(__ENV.TARGET); }
`;
  const target = ['-e', `TARGET=${server.url}`];
  await runScript(loop, target, { env: { VURUN_TRACEPARENT: '0.5' } });
  const sampled = flags.filter((flag) => flag === '01').length;
  expect(flags.filter((flag) => flag === '00').length + sampled).toBe(200);
  // Half of 200, and seven deviations to either side.
  expect(sampled).toBeGreaterThan(50);
  expect(sampled).toBeLessThan(150);
  flags.length = 0;
  await runScript(loop, target);
  expect(flags).toEqual(Array.from({ length: 200 }, () => undefined));
  const wrong = await runScript(loop.replace('vus: 4', 'vus: 4, traceparent: 2'), target);
  expect(wrong.stderr).toContain(
    'traceparent (script): must be true, false or a number from 0 to 1, not 2',
  );
});
