import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { gunzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { UserError } from '../src/errors.ts';
import { limits } from '../src/limits.ts';
import type { LogLine } from '../src/log.ts';
import type { MetricsBatch, RawChunk } from '../src/metrics/batch.ts';
import { createRegistry } from '../src/metrics/registry.ts';
import { rootTags } from '../src/metrics/tag-set.ts';
import { parseThresholds } from '../src/metrics/threshold.ts';
import { createOutput } from '../src/outputs/outputs.ts';
import { bench } from './metrics-samples.ts';

const expression = { source: 'p(95)<500', abortOnFail: false, delayAbortEvalMs: 0 };
const thresholds = parseThresholds(
  [{ metric: 'http_req_duration', expressions: [expression] }],
  createRegistry().get,
);
const wall = Date.UTC(2026, 10, 21, 2, 55, 29) + 948.67;

let directory = '';
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'vurun-output-'));
});
afterEach(() => rm(directory, { recursive: true }));

async function create(spec: string, stdout: Writable = new Writable()) {
  const log: LogLine[] = [];
  const output = await createOutput(spec, {
    stdout,
    log: (line) => void log.push(line),
    thresholds,
    systemTags: [],
    tags: {},
    idHeaders: [],
    version: '0',
    env: {},
  });
  return { output, log };
}

function twoBatches(count = 3): MetricsBatch[] {
  const { registry, recorder } = bench(thresholds.submetrics);
  recorder.keepRaw(true);
  const tags = rootTags({ name: 'a "b"\n', group: '' });
  const batches: MetricsBatch[] = [];
  for (let batch = 0; batch < 2; batch++) {
    for (let i = 0; i < count; i++) {
      recorder.add(registry.builtins.http_req_duration, tags, i + 0.25, wall + i);
    }
    recorder.add(registry.builtins.vus, rootTags(), 2, wall - 948.67);
    batches.push(recorder.flush());
  }
  return batches;
}

function collect(): { stdout: Writable; text: () => string } {
  const parts: Buffer[] = [];
  const stdout = new Writable({
    write(chunk: Buffer, _encoding, done) {
      parts.push(chunk);
      done();
    },
  });
  return { stdout, text: () => Buffer.concat(parts).toString() };
}

const lines = [
  '{"type":"Metric","data":{"name":"http_req_duration","type":"trend","contains":"time","thresholds":["p(95)<500"],"submetrics":[{"name":"http_req_duration{expected_response:true}","suffix":"expected_response:true","tags":{"expected_response":"true"}}]},"metric":"http_req_duration"}',
  '{"metric":"http_req_duration","type":"Point","data":{"time":"2026-11-21T02:55:29.94867Z","value":0.25,"tags":{"group":"","name":"a \\"b\\"\\n"}}}',
  '{"metric":"http_req_duration","type":"Point","data":{"time":"2026-11-21T02:55:29.94967Z","value":1.25,"tags":{"group":"","name":"a \\"b\\"\\n"}}}',
  '{"metric":"http_req_duration","type":"Point","data":{"time":"2026-11-21T02:55:29.95067Z","value":2.25,"tags":{"group":"","name":"a \\"b\\"\\n"}}}',
  '{"type":"Metric","data":{"name":"vus","type":"gauge","contains":"default","thresholds":[],"submetrics":null},"metric":"vus"}',
  '{"metric":"vus","type":"Point","data":{"time":"2026-11-21T02:55:29Z","value":2,"tags":{}}}',
];
const again = [1, 2, 3, 5].map((i) => lines[i]);
const wanted = `${[...lines, ...again].join('\n')}\n`;

describe('the json output', () => {
  it('writes the lines of k6 to a file', async () => {
    const path = join(directory, 'out.json');
    const { output, log } = await create(`json=${path}`);
    await output.start();
    for (const batch of twoBatches()) output.add?.(batch);
    await output.stop();
    expect(await readFile(path, 'utf8')).toBe(wanted);
    expect([output.problem, log]).toEqual([undefined, []]);
  });

  it('compresses when the name ends in .gz', async () => {
    const path = join(directory, 'out.json.gz');
    const { output } = await create(`json=${path}`);
    await output.start();
    for (const batch of twoBatches()) output.add?.(batch);
    await output.stop();
    expect(gunzipSync(await readFile(path)).toString()).toBe(wanted);
  });

  it.each(['json', 'json=-', 'json='])('writes to standard output for %s', async (spec) => {
    const { stdout, text } = collect();
    const { output } = await create(spec, stdout);
    await output.start();
    for (const batch of twoBatches()) output.add?.(batch);
    await output.stop();
    expect(text()).toBe(wanted);
    expect(stdout.writableEnded).toBe(false);
  });

  it('writes every sample of many', async () => {
    const path = join(directory, 'out.json');
    const { output } = await create(`json=${path}`);
    await output.start();
    for (const batch of twoBatches(50_000)) output.add?.(batch);
    await output.stop();
    const text = await readFile(path, 'utf8');
    expect(text.split('\n')).toHaveLength(2 * 50_001 + 2 + 1);
  });

  it('keeps the series of two shards apart', async () => {
    const { stdout, text } = collect();
    const { output } = await create('json', stdout);
    await output.start();
    for (const source of [1, 2]) {
      const { registry, recorder } = bench([], source);
      recorder.keepRaw(true);
      recorder.add(registry.builtins.vus, rootTags({ shard: String(source) }), source, wall);
      output.add?.(recorder.flush());
    }
    await output.stop();
    const points = text().trim().split('\n').slice(1);
    const data = points.map((line) => (JSON.parse(line) as { data: unknown }).data);
    expect(data).toMatchObject([
      { value: 1, tags: { shard: '1' } },
      { value: 2, tags: { shard: '2' } },
    ]);
  });

  it('refuses a file that cannot be written before the load begins', async () => {
    const { output } = await create(`json=${join(directory, 'missing', 'out.json')}`);
    const error = await output.start().catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(UserError);
    expect(error).toMatchObject({ exitCode: 104, message: expect.stringContaining('ENOENT') });
  });

  it('refuses an unknown type, and says which there are', async () => {
    for (const spec of ['nope', 'nope=x', 'toString', '']) {
      await expect(create(spec)).rejects.toThrow(
        /^invalid output type '.*', available types are: attempts, csv, .*, json, .*, statsd$/,
      );
    }
  });

  it.runIf(existsSync('/dev/full'))('survives a full disk with one error', async () => {
    const { output, log } = await create('json=/dev/full');
    await output.start();
    for (const batch of twoBatches(20_000)) output.add?.(batch);
    await output.stop();
    for (const batch of twoBatches()) output.add?.(batch);
    expect(log.map((line) => line.level)).toEqual(['error']);
    expect(log[0]?.message).toContain('ENOSPC');
    expect(output.problem).toContain('is incomplete: it failed (ENOSPC');
  });

  it('survives a closed pipe with one error', async () => {
    const stdout = new Writable({
      write: (_chunk, _encoding, done) => done(new Error('write EPIPE')),
    });
    const { output, log } = await create('json', stdout);
    await output.start();
    for (const batch of twoBatches()) output.add?.(batch);
    await output.stop();
    expect(log.map((line) => line.level)).toEqual(['error']);
    expect(output.problem).toContain('EPIPE');
  });

  it('drops and counts what a slow reader leaves no room for', async () => {
    let release = () => {};
    const stdout = new Writable({
      write: (_chunk, _encoding, done) => {
        release = done;
      },
    });
    const { output, log } = await create('json', stdout);
    await output.start();
    const [batch] = twoBatches() as [MetricsBatch];
    output.add?.(batch);
    const length = limits.outputQueuedSamples / 2;
    const chunk: RawChunk = {
      times: new Float64Array(length).fill(wall),
      values: new Float64Array(length),
      series: new Int32Array(length),
    };
    const large: MetricsBatch = { ...batch, newSeries: [], raw: { chunks: [chunk], dropped: 7 } };
    for (let i = 0; i < 3; i++) output.add?.(large);
    expect(log.map((line) => line.level)).toEqual(['warning']);
    expect(output.problem).toContain(`${length + 3 * 7} samples left out`);
    // The reader goes away, so that the test need not wait for all of it.
    stdout.destroy(new Error('gone'));
    release();
    await output.stop();
    expect(output.problem).toContain('it failed (gone)');
  });
});
