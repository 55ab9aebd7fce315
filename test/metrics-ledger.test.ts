import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { limits } from '../src/limits.ts';
import type { MetricsBatch } from '../src/metrics/batch.ts';
import { Ledger } from '../src/metrics/ledger.ts';
import { createRegistry } from '../src/metrics/registry.ts';
import { rootTags } from '../src/metrics/tag-set.ts';
import { parseThresholds } from '../src/metrics/threshold.ts';
import { bench } from './metrics-samples.ts';

const { submetrics } = parseThresholds(
  [{ metric: 'http_req_duration{status:200}', expressions: [] }],
  createRegistry().get,
);

const names = ['http_req_duration', 'http_reqs', 'checks', 'ws_ping', 'http_req_failed'] as const;

interface Sample {
  shard: number;
  metric: (typeof names)[number];
  value: number;
  status: string;
  check: string;
}
const sample: fc.Arbitrary<Sample> = fc.record({
  shard: fc.nat(3),
  metric: fc.constantFrom(...names),
  // Whole numbers of which any sum is exact, so that the order of additions cannot show.
  value: fc.nat(100_000),
  status: fc.constantFrom('200', '404'),
  check: fc.constantFrom('a', 'b'),
});

/** The ledger's numbers, in an order that does not depend on who came first. */
function facts(ledger: Ledger): unknown {
  const text = (value: unknown) => JSON.stringify(value);
  return {
    metrics: ledger
      .metrics()
      .map((view) => [view.name, view.count, view.values(['avg', 'min', 'max', 'p(33)', 'p(95)'])]),
    buckets: ledger.metrics().map(({ name, metric }) => {
      const sink = ledger.sink(metric, name);
      return sink.kind === 'trend' ? sink.take() : undefined;
    }),
    checks: ledger.checks().map(text).sort(),
    series: names.map((name) => ledger.series(name).map(text).sort()),
  };
}

describe('the ledger', () => {
  it('knows after merging shards in any order what one recorder would know', () => {
    fc.assert(
      fc.property(fc.array(sample, { maxLength: 200 }), fc.nat(9), (samples, every) => {
        const shards = [0, 1, 2, 3].map((source) => bench(submetrics, source));
        const single = bench(submetrics);
        const batches: MetricsBatch[] = [];
        samples.forEach(({ shard, metric, value, status, check }, i) => {
          const tags = rootTags({ status, check, group: '::g' });
          const counted = metric === 'checks' || metric === 'http_req_failed' ? value % 2 : value;
          for (const { recorder, registry } of [shards[shard] as (typeof shards)[0], single]) {
            recorder.add(registry.builtins[metric], tags, counted, i);
          }
          if (i % (every + 1) === 0) batches.push(...shards.map((one) => one.recorder.flush()));
        });
        batches.push(...shards.map((one) => one.recorder.flush()));
        const expected = new Ledger(submetrics);
        expected.merge(single.recorder.flush());
        const forwards = new Ledger(submetrics);
        for (const batch of batches) forwards.merge(structuredClone(batch));
        // One shard's batches keep their order; the shards come the other way round.
        const backwards = new Ledger(submetrics);
        for (const source of [3, 2, 1, 0]) {
          for (const batch of batches) if (batch.source === source) backwards.merge(batch);
        }
        const wanted = facts(expected);
        expect(facts(forwards)).toEqual(wanted);
        expect(facts(backwards)).toEqual(wanted);
      }),
      { numRuns: 60 },
    );
  });

  it('shows values as k6 does', () => {
    const { recorder, registry } = bench(submetrics);
    const { builtins } = registry;
    const ok = rootTags({ status: '200', expected_response: 'true' });
    for (const ms of [1, 2, 3, 4]) recorder.add(builtins.http_req_duration, ok, ms, ms);
    recorder.add(builtins.http_reqs, ok, 10, 1);
    recorder.add(builtins.http_req_failed, ok, 1, 1);
    recorder.add(builtins.http_req_failed, ok, 0, 1);
    recorder.add(builtins.vus, rootTags(), 5, 1);
    recorder.add(builtins.vus, rootTags(), 2, 2);
    const ledger = new Ledger(submetrics);
    ledger.merge(recorder.flush());
    ledger.setElapsed(4_000);
    const values = (name: string) => ledger.metric(name)?.values(['avg', 'med', 'max', 'count']);
    expect(values('http_req_duration')).toEqual({ avg: 2.5, med: 2.5, max: 4, count: 4 });
    expect(values('http_reqs')).toEqual({ count: 10, rate: 2.5 });
    expect(values('http_req_failed')).toEqual({ rate: 0.5, passes: 1, fails: 1 });
    expect(values('vus')).toEqual({ value: 2, min: 2, max: 5 });
    expect(values('ws_ping')).toBeUndefined();
    expect(ledger.metrics().map((view) => view.name)).toEqual([
      'http_req_duration',
      'http_req_duration{status:200}',
      'http_req_duration{expected_response:true}',
      'http_req_failed',
      'http_reqs',
      'vus',
    ]);
  });

  it('takes of two gauges the later one', () => {
    const [a, b] = [bench([], 1), bench([], 2)];
    a.recorder.add(a.registry.define('size', 'gauge', 'default'), rootTags(), 7, 20);
    b.recorder.add(b.registry.define('size', 'gauge', 'default'), rootTags(), 9, 10);
    const ledger = new Ledger([]);
    for (const one of [a, b]) ledger.merge(one.recorder.flush());
    expect(ledger.metric('size')?.values([])).toEqual({ value: 7, min: 7, max: 9 });
  });

  it('lists groups behind their parents, and checks by group', () => {
    const { recorder, registry } = bench();
    const inner = rootTags({ group: '::front page::nested' });
    recorder.add(registry.builtins.group_duration, inner, 3, 1);
    recorder.add(registry.builtins.checks, inner.with('check', 'is up'), 1, 1);
    recorder.add(registry.builtins.checks, inner.with('check', 'is up'), 0, 1);
    recorder.add(registry.builtins.checks, rootTags({ group: '', check: 'is up' }), 1, 1);
    const ledger = new Ledger([]);
    ledger.merge(recorder.flush());
    expect(ledger.groups()).toEqual(['::front page', '::front page::nested']);
    expect(ledger.checks()).toEqual([
      { group: '::front page::nested', name: 'is up', passes: 1, fails: 1 },
      { group: '', name: 'is up', passes: 1, fails: 0 },
    ]);
  });

  it('keeps totals, sub-metrics and checks exact beyond the cap on series', () => {
    const { recorder, registry, warnings } = bench(submetrics);
    const { http_reqs, http_req_duration, checks } = registry.builtins;
    const total = limits.series + 500;
    const root = rootTags();
    for (let i = 0; i < total; i++) recorder.add(http_reqs, root.with('url', `/${i}`), 1, i);
    expect(warnings).toHaveLength(2);
    for (const status of ['200', '404', '200']) {
      const tags = root.with('status', status);
      recorder.add(http_req_duration, tags, 5, 1);
      recorder.add(checks, tags.with('check', `saw ${status}`), 1, 1);
    }
    const ledger = new Ledger(submetrics);
    ledger.merge(recorder.flush());
    expect(warnings).toHaveLength(2);
    expect(ledger.metric('http_reqs')?.values([])['count']).toBe(total);
    expect(ledger.metric('http_req_duration{status:200}')?.count).toBe(2);
    expect(ledger.checks().map(({ name, passes }) => [name, passes])).toEqual([
      ['saw 200', 2],
      ['saw 404', 1],
    ]);
    const series = ledger.series('http_reqs');
    expect(series.reduce((sum, one) => sum + one.sum, 0)).toBe(total);
    const other = series.filter((one) => '__other__' in one.tags);
    expect(other.map((one) => one.count)).toEqual([500]);
  });

  it('counts checks beyond their cap together', () => {
    const { recorder, registry, warnings } = bench();
    for (let i = 0; i < limits.checks + 20; i++) {
      recorder.add(registry.builtins.checks, rootTags({ check: `check ${i}` }), 1, i);
    }
    const ledger = new Ledger([]);
    ledger.merge(recorder.flush());
    expect(ledger.checks().at(-1)).toEqual({ group: '', name: '__other__', passes: 20, fails: 0 });
    expect(warnings).toHaveLength(1);
  });

  it('leaves out a value that is no finite number, and says so once', () => {
    const { recorder, registry, warnings } = bench();
    for (const value of [Number.NaN, Infinity, -Infinity]) {
      recorder.add(registry.builtins.ws_ping, rootTags(), value, 1);
    }
    expect(recorder.flush().sinks).toEqual([]);
    expect(warnings).toEqual(["metric 'ws_ping' was given NaN, which is not counted"]);
  });

  it('does not grow with the number of samples', () => {
    const { recorder, registry } = bench(submetrics);
    const tags = rootTags({ status: '200' });
    const record = (n: number) => {
      for (let i = 0; i < n; i++) {
        recorder.add(registry.builtins.http_req_duration, tags, (i % 977) + 0.5, i);
      }
    };
    // Enough for the compiler, which has its own thread and may be kept waiting: until then numbers are objects.
    record(300_000);
    const before = process.memoryUsage();
    record(1_000_000);
    const after = process.memoryUsage();
    const growth = after.heapUsed + after.arrayBuffers - before.heapUsed - before.arrayBuffers;
    // One allocation of 16 bytes a sample would be 16 MB between two collections.
    expect(growth).toBeLessThan(12 * 1024 * 1024);
    const batch = recorder.flush();
    expect(batch.sinks.map((sink) => sink.delta.count)).toEqual([1_300_000, 1_300_000]);
  });

  it('carries each sample in order when asked to', () => {
    const { recorder, registry } = bench();
    recorder.add(registry.builtins.ws_ping, rootTags(), 1, 1);
    recorder.flush();
    recorder.keepRaw(true);
    const count = 40_000;
    for (let i = 0; i < count; i++) recorder.add(registry.builtins.ws_ping, rootTags(), i, i + 0.5);
    const { raw, newSeries } = structuredClone(recorder.flush());
    expect(newSeries.map(({ metric, tags }) => [metric.name, tags])).toEqual([['ws_ping', []]]);
    const values = raw?.chunks.flatMap((chunk) => [...chunk.values]) ?? [];
    expect(values).toEqual(Array.from({ length: count }, (_, i) => i));
    expect(raw?.chunks.flatMap((chunk) => [...chunk.times]).at(-1)).toBe(count - 0.5);
    expect(recorder.flush().raw?.chunks).toEqual([]);
  });
});

describe('the metric registry', () => {
  it('reuses a metric declared the same way', () => {
    const registry = createRegistry();
    const metric = registry.define('my_trend', 'trend', 'time');
    expect(registry.define('my_trend', 'trend', 'time')).toBe(metric);
    expect(registry.get('my_trend')).toBe(metric);
    expect(registry.all().filter((one) => one.id === metric.id)).toEqual([metric]);
  });

  it('refuses bad names and other types in the words of k6', () => {
    const registry = createRegistry();
    registry.define('x1', 'counter', 'default');
    const define = (name: string, kind: 'trend' | 'counter', contains: 'default' | 'time') => () =>
      registry.define(name, kind, contains);
    expect(define('x', 'counter', 'default')).toThrow(
      "Invalid metric name: 'x'. Metric names must only include up to 128 ASCII letters, numbers, " +
        'or underscores and start with a letter or an underscore. They must have at least 2 characters.',
    );
    expect(define('x1', 'trend', 'default')).toThrow(
      "metric 'x1' already exists but with type counter, instead of trend",
    );
    expect(define('x1', 'counter', 'time')).toThrow(
      "metric 'x1' already exists but with a value type default, instead of time",
    );
  });

  it('holds a bounded number of metrics', () => {
    const registry = createRegistry();
    const add = () => {
      for (let i = 0; i <= limits.metrics; i++) registry.define(`metric_${i}`, 'rate', 'default');
    };
    expect(add).toThrow(`a test may have ${limits.metrics} metrics`);
  });
});
