import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { gunzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { MetricsBatch } from '../src/metrics/batch.ts';
import { createRegistry } from '../src/metrics/registry.ts';
import { rootTags } from '../src/metrics/tag-set.ts';
import { createOutput } from '../src/outputs/outputs.ts';
import { consolidate } from '../src/script/options.ts';
import { bench } from './metrics-samples.ts';

const wall = Date.UTC(2026, 10, 21, 2, 55, 29) + 948.67;
/** What a run has when nobody sets the option. */
const { systemTags } = consolidate(
  { env: {}, flags: {}, scriptEnv: {} },
  { functions: ['default'] },
  { version: '' },
);

let directory = '';
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'vurun-csv-'));
});
afterEach(() => rm(directory, { recursive: true }));

/** What the output writes to standard output, or `undefined` to a file it was told of. */
async function written(
  spec: string,
  options: { env?: Record<string, string>; systemTags?: readonly string[] } = {},
  batches = samples(),
): Promise<string[]> {
  const parts: Buffer[] = [];
  const stdout = new Writable({
    write(chunk: Buffer, _encoding, done) {
      parts.push(chunk);
      done();
    },
  });
  const output = await createOutput(spec, {
    stdout,
    log: () => {},
    thresholds: { rules: [], submetrics: [] },
    systemTags,
    tags: {},
    idHeaders: [],
    version: '0',
    env: {},
    ...options,
  });
  await output.start();
  for (const batch of batches) output.add?.(batch);
  await output.stop();
  expect(output.problem).toBeUndefined();
  return Buffer.concat(parts).toString().split('\n');
}

function samples(): MetricsBatch[] {
  const { recorder } = bench();
  const { builtins } = createRegistry();
  recorder.keepRaw(true);
  const request = rootTags({
    expected_response: 'true',
    group: '::a, "b"',
    method: 'GET',
    name: 'http://x/',
    status: '200',
    url: 'http://x/',
    team: 'blue',
    kind: 'q',
  });
  recorder.add(builtins.http_reqs, request, 1, wall);
  recorder.add(builtins.http_req_duration, request, 17.5434384, wall);
  const first = recorder.flush();
  recorder.add(builtins.vus, rootTags(), 2, wall);
  return [first, recorder.flush()];
}

const columns =
  'metric_name,timestamp,metric_value,check,error,error_code,expected_response,group,method,name,proto,scenario,service,status,subproto,tls_version,url,extra_tags,metadata';
const row = (name: string, value: string) =>
  `${name},1795229729,${value},,,,true,"::a, ""b""",GET,http://x/,,,,200,,,http://x/,kind=q&team=blue,`;

describe('the csv output', () => {
  it("writes k6's columns and rows", async () => {
    expect(await written('csv=-')).toEqual([
      columns,
      row('http_reqs', '1.000000'),
      row('http_req_duration', '17.543438'),
      'vus,1795229729,2.000000,,,,,,,,,,,,,,,,',
      '',
    ]);
  });

  it('has a column for each system tag that is on', async () => {
    const [header, first] = await written('csv=-', { systemTags: ['url', 'ip', 'vu', 'iter'] });
    expect(header).toBe('metric_name,timestamp,metric_value,ip,url,extra_tags,metadata');
    expect(first).toBe(
      'http_reqs,1795229729,1.000000,,http://x/,"expected_response=true&group=::a, ""b""&kind=q&method=GET&name=http://x/&status=200&team=blue",',
    );
  });

  it.each([
    ['unix', '1795229729'],
    ['unix_milli', '1795229729948'],
    ['unix_micro', '1795229729948670'],
    ['unix_nano', '1795229729948670000'],
    ['rfc3339', '2026-11-21T02:55:29Z'],
    ['rfc3339_nano', '2026-11-21T02:55:29.94867Z'],
  ])('writes times as %s', async (format, text) => {
    const env = { K6_CSV_TIME_FORMAT: format };
    const [, first] = await written('csv=-', { env, systemTags: [] });
    expect(first?.split(',')[1]).toBe(text);
  });

  it('compresses when the name ends in .gz', async () => {
    const path = join(directory, 'out.csv.gz');
    expect(await written(`csv=${path}`)).toEqual(['']);
    expect(gunzipSync(await readFile(path)).toString()).toContain(
      `${row('http_reqs', '1.000000')}\n`,
    );
  });

  it('takes the file from the argument, else from vurun’s variable, else from k6’s', async () => {
    const [a, b, c] = ['a', 'b', 'c'].map((name) => join(directory, name)) as [
      string,
      string,
      string,
    ];
    const env = { VURUN_CSV_FILENAME: b, K6_CSV_FILENAME: c };
    await written(`csv=fileName=${a},timeFormat=unix_milli`, { env });
    await written('csv', { env });
    await written('csv', { env: { K6_CSV_FILENAME: c } });
    expect(await readFile(a, 'utf8')).toContain('http_reqs,1795229729948,');
    expect(await readFile(b, 'utf8')).toContain('http_reqs,1795229729,');
    expect(await readFile(c, 'utf8')).toContain('http_reqs,1795229729,');
  });

  it('gathers samples for the interval, and writes what is left at the end', async () => {
    const path = join(directory, 'slow.csv');
    const env = { K6_CSV_SAVE_INTERVAL: '1h' };
    const [first, second] = samples() as [MetricsBatch, MetricsBatch];
    await written(`csv=${path}`, { env }, [first, second]);
    expect((await readFile(path, 'utf8')).split('\n')).toHaveLength(5);
  });

  it.each([
    ['csv=-', { VURUN_CSV_TIME_FORMAT: 'iso' }, /timeFormat \(environment VURUN_CSV_TIME_FORMAT\)/],
    [
      'csv=-',
      { K6_CSV_SAVE_INTERVAL: 'soon' },
      /saveInterval \(environment K6_CSV_SAVE_INTERVAL\)/,
    ],
    ['csv=colour=red', {}, /'colour=red' is none of fileName=…, saveInterval=…, timeFormat=…$/],
    ['csv=fileName=a,b', {}, /'b' is none of/],
  ])('refuses %s %j', async (spec, env, message) => {
    await expect(written(spec, { env })).rejects.toMatchObject({
      exitCode: 104,
      message: expect.stringMatching(message),
    });
  });
});
