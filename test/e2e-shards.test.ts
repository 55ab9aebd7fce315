/** The same plan with one shard, two and three: what does not depend on time is the same to the last digit. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { countingServer, logLines, runScript, type ScriptRun, said } from './support/cli.ts';

/** By scenario: how many of its iterations work. Where only time is the end, those after them sleep until it. */
const work: Readonly<Record<string, number>> = { shared: 60, own: 20, constant: 40, ramping: 30 };
const percents = Array.from({ length: 51 }, (_, i) => `p(${2 * i})`);
const stats = ['avg', 'min', 'med', 'max', 'count', 'p(0.1)', 'p(99.9)', ...percents];

const script = `import http from 'vurun/http';
import { check, Counter, exec, Gauge, group, Rate, sleep, Trend } from 'vurun';
const work = ${JSON.stringify(work)};
const size = new Trend('size');
const wait = new Trend('wait', true);
const things = new Counter('things');
const luck = new Rate('luck');
const level = new Gauge('level');
const last = new Gauge('last');
const seen = new Counter('seen');
export const options = {
  summaryTrendStats: ${JSON.stringify(stats)},
  scenarios: {
    shared: { executor: 'shared-iterations', vus: 7, iterations: work.shared },
    own: { executor: 'per-vu-iterations', vus: 5, iterations: work.own / 5 },
    constant: { executor: 'constant-vus', vus: 3, duration: '3s', gracefulStop: '0s' },
    ramping: {
      executor: 'ramping-vus', startVUs: 1, gracefulStop: '0s', gracefulRampDown: '0s',
      stages: [{ duration: '1s', target: 4 }, { duration: '2s', target: 4 }],
    },
  },
  thresholds: {
    size: ['p(95)<100', 'avg<1', 'max<5000'],
    'size{kind:1}': ['max<300', 'p(12.5)>0'],
    'things{scenario:own}': ['count>20'],
    luck: ['rate>0.5'],
    'checks{group:::odd}': ['rate==0'],
    'http_reqs{status:404}': ['count==37'],
    http_req_failed: ['rate<0.3'],
  },
};
export default async function () {
  const id = exec.scenario.iterationInTest;
  const { executor, name } = exec.scenario;
  if (executor.endsWith('-vus') && id >= work[name]) await sleep(60);
  const tags = { kind: String(id % 4) };
  seen.add(1, { id: String(id), vu: name === 'own' ? String(__ITER) : '-' });
  await group(id % 2 === 0 ? 'even' : 'odd', async () => {
    const status = [200, 404, 200, 500][id % 4];
    const response = await http.get(__ENV.TARGET + status, { tags });
    check(response, { 'as asked': (r) => r.status === status, even: () => id % 2 === 0 }, tags);
    group('inner', () => wait.add((id * 7919) % 1000 / 7, tags));
  });
  size.add((id - 20) / 3 + id * id / 7, tags);
  things.add(0.1 + id / 3, tags);
  luck.add(id % 3 === 0, tags);
  level.add(id / 7, tags);
  if (name === 'shared' && id === 41) last.add(id);
}
`;

interface Point {
  type: 'Metric' | 'Point';
  metric: string;
  data: { value: number; tags: Record<string, string> };
}

/** Metrics whose values are times, sizes on the wire or of the machine: only how many there are is the same. */
const measured =
  /^(http_req_(duration|blocked|connecting|tls_handshaking|sending|waiting|receiving)|iteration_duration|group_duration)/;
const untold = /^(vus|vus_max|data_sent|data_received|vurun_.*)$/;

function facts(run: ScriptRun): Record<string, unknown> {
  const points = readFileSync(join(run.dir, 'points.json'), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Point)
    .filter(({ type, metric }) => type === 'Point' && !untold.test(metric));
  const series: Record<string, number[]> = {};
  for (const { metric, data } of points) {
    const tags = Object.entries(data.tags).sort(([a], [b]) => (a < b ? -1 : 1));
    const values = (series[`${metric} ${JSON.stringify(tags)}`] ??= []);
    values.push(measured.test(metric) ? 0 : data.value);
  }
  for (const values of Object.values(series)) values.sort((a, b) => a - b);
  const metrics: Record<string, unknown> = {};
  for (const [name, { rate, ...values }] of Object.entries(run.summary?.metrics ?? {})) {
    if (untold.test(name)) continue;
    if (measured.test(name)) {
      metrics[name] = { count: values['count'], thresholds: values.thresholds };
      continue;
    }
    // Of these there are many, and which was the last is a question of time.
    if (name === 'level') delete values['value'];
    // A counter's rate is per second; that of a rate is its value.
    expect(rate === undefined || 'count' in values, name).toBe(true);
    metrics[name] = values;
  }
  return { exitCode: run.exitCode, metrics, groups: run.summary?.root_group, series };
}

/** Numbers of the iterations that worked, by scenario, and those of their VUs' own counts. */
function seen(run: ScriptRun): { ids: Record<string, number[]>; turns: Record<string, number> } {
  const ids: Record<string, number[]> = {};
  const turns: Record<string, number> = {};
  for (const line of readFileSync(join(run.dir, 'points.json'), 'utf8').trimEnd().split('\n')) {
    const { type, metric, data } = JSON.parse(line) as Point;
    if (type !== 'Point' || metric !== 'seen') continue;
    const { scenario = '', id, vu = '' } = data.tags;
    (ids[scenario] ??= []).push(Number(id));
    if (scenario === 'own') turns[vu] = (turns[vu] ?? 0) + 1;
  }
  for (const own of Object.values(ids)) own.sort((a, b) => a - b);
  return { ids, turns };
}

describe('a plan', () => {
  test('gives the same results with one shard, two and three', async () => {
    const server = await countingServer((request, response) => {
      response.statusCode = Number((request.url ?? '').slice(1));
      response.end('ok');
    });
    const runs = await Promise.all(
      ['1', '2', '3'].map((shards) =>
        runScript(script, [
          '--shards',
          shards,
          '--out',
          'json=points.json',
          '-e',
          `TARGET=${server.url}`,
        ]),
      ),
    );
    const total = Object.values(work).reduce((sum, own) => sum + own, 0);
    for (const run of runs) {
      expect(run.exitCode, run.stderr).toBe(99);
      expect(logLines(run, 'warning')).toEqual([]);
      expect(seen(run)).toEqual({
        ids: Object.fromEntries(
          Object.entries(work).map(([name, count]) => [name, [...Array(count).keys()]]),
        ),
        turns: { 0: 5, 1: 5, 2: 5, 3: 5 },
      });
      expect(run.summary?.metrics['iterations']?.['count']).toBe(total);
    }
    expect(server.hits()).toBe(3 * total);
    const [one, ...others] = runs.map(facts);
    // Some thresholds hold and some do not, and the run says so in the same way.
    expect(one).toMatchObject({
      exitCode: 99,
      metrics: { size: { count: total, thresholds: { 'max<5000': false, 'avg<1': true } } },
    });
    for (const other of others) expect(other).toEqual(one);
  });
});

test('the first iteration already knows of the VUs of all shards', async () => {
  const run = await runScript(
    `import { exec } from 'vurun';
export const options = { scenarios: { s: { executor: 'per-vu-iterations', vus: 6, iterations: 1 } } };
export default function () { console.log('vus ' + exec.instance.vusInitialized); }
`,
    ['--shards', '3'],
  );
  expect(said(run)).toEqual(Array<string>(6).fill('vus 6'));
});
