/** Outputs that send sums to receivers of metrics, each against a small receiver of its own. */
import { createSocket } from 'node:dgram';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Writable } from 'node:stream';
import SnappyJS from 'snappyjs';
import { afterEach, describe, expect, it } from 'vitest';
import type { Attempt } from '../src/attempts/contract.ts';
import type { LogLine } from '../src/log.ts';
import type { MetricsBatch } from '../src/metrics/batch.ts';
import { createRegistry } from '../src/metrics/registry.ts';
import { rootTags } from '../src/metrics/tag-set.ts';
import { parseThresholds } from '../src/metrics/threshold.ts';
import type { Output } from '../src/outputs/output.ts';
import { createOutput } from '../src/outputs/outputs.ts';
import { bench } from './metrics-samples.ts';
import { Message } from './support/protobuf.ts';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup();
});

const thresholds = parseThresholds(
  [{ metric: 'http_req_duration{name:login}', expressions: [] }],
  createRegistry().get,
);

/** Two shards, two batches each: 4 x 10 requests, half of them to login; 8 checks, 6 passed. */
function batches(): MetricsBatch[] {
  const wall = Date.now();
  return [0, 1].flatMap((source) => {
    const { registry, recorder } = bench(thresholds.submetrics, source);
    const { builtins } = registry;
    const ratio = registry.define('ratio', 'trend', 'default');
    return [0, 1].map((second) => {
      for (let i = 0; i < 10; i++) {
        const tags = rootTags({ build: '7', name: i < 5 ? 'login' : 'a "b", c=d', group: '' });
        recorder.add(builtins.http_reqs, tags, 1, wall);
        recorder.add(builtins.http_req_duration, tags, 10 * (i + 1), wall);
      }
      for (const value of [-1.5, 0, 0.25]) recorder.add(ratio, rootTags(), value, wall);
      recorder.add(builtins.checks, rootTags({ check: 'ok' }), 1, wall);
      recorder.add(builtins.checks, rootTags({ check: 'ok' }), second, wall);
      recorder.add(builtins.vus, rootTags({ build: '7' }), second === 0 ? 3 : -2, wall + second);
      return recorder.flush();
    });
  });
}

async function create(spec: string, env: Record<string, string> = {}) {
  const log: LogLine[] = [];
  const output = await createOutput(spec, {
    stdout: new Writable(),
    log: (line) => void log.push(line),
    thresholds,
    systemTags: [],
    tags: { build: '7' },
    idHeaders: [],
    version: '1.2.3',
    env,
  });
  return { output, log };
}

/** From start to stop with all batches; nothing is due in between. */
async function play(output: Output): Promise<void> {
  await output.start();
  for (const batch of batches()) output.add?.(batch);
  await output.stop();
}

interface Received {
  method: string;
  url: string;
  headers: IncomingHttpHeaders;
  body: Buffer;
}

/** A receiver that answers 204, or what it is told. */
async function receiver(answers: readonly number[] = []) {
  const received: Received[] = [];
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      const { method = '', url = '', headers } = request;
      const status = answers[received.length] ?? 204;
      received.push({ method, url, headers, body: Buffer.concat(parts) });
      response.writeHead(status).end(status < 300 ? '' : 'no room\nat all');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  cleanups.push(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return { port, url: `http://127.0.0.1:${port}`, received };
}

/** The series of a remote write: name and labels in a line, to the message. */
function seriesOf({ body }: Received): Map<string, Message> {
  const request = new Message(SnappyJS.uncompress(new Uint8Array(body)));
  return new Map(
    request.messages(1).map((series) => {
      const labels = series.messages(1).map((label) => `${label.text(1)}=${label.text(2)}`);
      expect(labels).toEqual(labels.toSorted());
      return [labels.join(';'), series];
    }),
  );
}
const valueOf = (series: Message | undefined): number | undefined => series?.message(2).double(1);

describe('Prometheus remote write', () => {
  it('writes counters by their tags, rates, gauges and stats of trends by k6’s names', async () => {
    const { url, received } = await receiver();
    const { output, log } = await create(`experimental-prometheus-rw=${url}`, {
      K6_PROMETHEUS_RW_USERNAME: 'me',
      K6_PROMETHEUS_RW_PASSWORD: 'pw',
      K6_PROMETHEUS_RW_HEADERS_X_Tenant: 'seven',
    });
    await play(output);
    expect([output.problem, log]).toEqual([undefined, []]);
    expect(received).toHaveLength(1);
    const [write] = received as [Received];
    expect(write.url).toBe('/api/v1/write');
    expect(write.headers).toMatchObject({
      'content-encoding': 'snappy',
      'content-type': 'application/x-protobuf',
      'x-prometheus-remote-write-version': '0.1.0',
      'user-agent': 'vurun/1.2.3',
      authorization: `Basic ${Buffer.from('me:pw').toString('base64')}`,
      x_tenant: 'seven',
    });
    const series = seriesOf(write);
    const value = (name: string) => valueOf(series.get(name));
    expect(value('__name__=k6_http_reqs_total;build=7;name=login')).toBe(20);
    expect(value('__name__=k6_http_reqs_total;build=7;name=a "b", c=d')).toBe(20);
    expect(value('__name__=k6_checks_rate;check=ok')).toBe(0.75);
    expect(value('__name__=k6_vus;build=7')).toBe(-2);
    expect(value('__name__=k6_http_req_duration_max;build=7')).toBeCloseTo(0.1, 12);
    expect(value('__name__=k6_http_req_duration_count;build=7')).toBe(40);
    expect(value('__name__=k6_http_req_duration_sum;build=7')).toBeCloseTo(2.2, 9);
    expect(value('__name__=k6_http_req_duration_p95;build=7;name=login')).toBeCloseTo(0.05, 4);
    // Only times are measured in seconds.
    expect(value('__name__=k6_ratio_min;build=7')).toBe(-1.5);
  });

  it('has what k6’s variables ask for: other stats, native histograms, stale markers', async () => {
    const { url, received } = await receiver();
    const { output } = await create('prometheus', {
      K6_PROMETHEUS_RW_SERVER_URL: `${url}/somewhere`,
      K6_PROMETHEUS_RW_TREND_AS_NATIVE_HISTOGRAM: 'true',
      K6_PROMETHEUS_RW_STALE_MARKERS: 'true',
      K6_PROMETHEUS_RW_BEARER_TOKEN: 'tok',
    });
    await play(output);
    expect(received.map((one) => one.url)).toEqual(['/somewhere', '/somewhere']);
    expect(received[0]?.headers.authorization).toBe('Bearer tok');
    const [first, last] = received.map(seriesOf) as [Map<string, Message>, Map<string, Message>];
    const histogram = first.get('__name__=k6_http_req_duration_seconds;build=7')?.message(4);
    expect(histogram?.integer(1)).toBe(40);
    expect(histogram?.double(3)).toBeCloseTo(2.2, 9);
    const schema = histogram?.signed(4) ?? Number.NaN;
    // Spans and deltas back to buckets, and the bounds of each hold what was measured.
    const buckets = new Map<number, number>();
    const deltas = histogram?.packed(12, true) ?? [];
    let [index, count] = [0, 0];
    for (const span of histogram?.messages(11) ?? []) {
      index += span.signed(1);
      for (let i = 0; i < span.integer(2); i++, index++) {
        count += deltas.shift() as number;
        buckets.set(index, count);
      }
    }
    const expected = new Map<number, number>();
    for (let i = 1; i <= 10; i++) {
      const bucket = Math.ceil(Math.log2(i / 100) * 2 ** schema);
      expected.set(bucket, (expected.get(bucket) ?? 0) + 4);
    }
    expect([...buckets]).toEqual([...expected]);
    const ratio = first.get('__name__=k6_ratio;build=7')?.message(4);
    expect([ratio?.integer(1), ratio?.integer(6)]).toEqual([12, 4]);
    expect(ratio?.packed(9, true)).toEqual([4]);
    expect([...last.keys()].toSorted()).toEqual([...first.keys()].toSorted());
    for (const series of last.values()) expect(series.message(2).bits(1)).toBe(0x7ff0000000000002n);
  });

  it('names the trace of the slowest request', async () => {
    const { url, received } = await receiver();
    const { output } = await create(`prometheus=${url}`);
    await output.start();
    for (const batch of batches()) output.add?.(batch);
    const attempts = [5, 80, 20].map(
      (total, i) =>
        ({
          kind: 'http',
          total,
          start: 1e12,
          ids: { 'trace-id': `${i}`.repeat(32) },
        }) as unknown as Attempt,
    );
    output.addAttempts?.({ source: 0, counts: [], timeline: [], attempts });
    await output.stop();
    const max = seriesOf(received[0] as Received).get('__name__=k6_http_req_duration_max;build=7');
    const exemplar = max?.message(3);
    expect(exemplar?.message(1).text(1)).toBe('trace_id');
    expect(exemplar?.message(1).text(2)).toBe('1'.repeat(32));
    expect(exemplar?.double(2)).toBe(0.08);
  });

  it('makes a delivery that failed good by the next, and says what failed', async () => {
    const { url, received } = await receiver([503]);
    const { output, log } = await create(`prometheus=${url}`, {
      VURUN_PROMETHEUS_RW_PUSH_INTERVAL: '100ms',
    });
    await output.start();
    for (const batch of batches()) output.add?.(batch);
    while (received.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    await output.stop();
    expect(received.length).toBeGreaterThan(1);
    const last = seriesOf(received.at(-1) as Received);
    expect(valueOf(last.get('__name__=k6_http_reqs_total;build=7;name=login'))).toBe(20);
    expect(log.map(({ message }) => message)).toEqual([
      `the prometheus output cannot deliver to ${url}/api/v1/write: it answered 503: no room; the test goes on, and it is tried again`,
    ]);
    expect(output.problem).toMatch(
      /has gaps: 1 of \d+ deliveries failed \(it answered 503: no room\)/,
    );
  });

  it('refuses settings that make no sense or that it does not have', async () => {
    const cases: [Record<string, string>, RegExp][] = [
      [{ K6_PROMETHEUS_RW_SIGV4_REGION: 'eu' }, /SIGV4_REGION asks for AWS signatures/],
      [
        { K6_PROMETHEUS_RW_PUSH_INTERVAL: 'soon' },
        /K6_PROMETHEUS_RW_PUSH_INTERVAL must be a duration/,
      ],
      [{ K6_PROMETHEUS_RW_TREND_STATS: 'p(95),mode' }, /not 'mode'/],
      [{ VURUN_PROMETHEUS_RW_STALE_MARKERS: 'maybe' }, /must be true or false/],
      [{ K6_PROMETHEUS_RW_CLIENT_CERTIFICATE: '/nowhere.pem' }, /cannot be read: ENOENT/],
    ];
    for (const [env, message] of cases) {
      await expect(create('prometheus', env)).rejects.toMatchObject({
        exitCode: 104,
        message: expect.stringMatching(message),
      });
    }
    await expect(create('prometheus=nowhere')).rejects.toThrow(
      "--out prometheus=nowhere must be an address such as http://127.0.0.1:9090, not 'nowhere'",
    );
  });
});

describe('the endpoint Prometheus scrapes', () => {
  it('shows the run so far in the text format', async () => {
    const { output, log } = await create('prometheus-scrape=127.0.0.1:0');
    await output.start();
    cleanups.push(() => output.stop());
    for (const batch of batches()) output.add?.(batch);
    const url = /http:\S+/.exec(log[0]?.message ?? '')?.[0] ?? '';
    const page = await fetch(url);
    expect(page.headers.get('content-type')).toContain('text/plain; version=0.0.4');
    const lines = (await page.text()).split('\n');
    expect(lines).toContain('# TYPE k6_http_reqs_total counter');
    expect(lines).toContain('k6_http_reqs_total{build="7",name="login"} 20');
    expect(lines).toContain('k6_http_reqs_total{build="7",name="a \\"b\\", c=d"} 20');
    expect(lines).toContain('k6_checks_rate{check="ok"} 0.75');
    expect(lines.filter((line) => line === '# TYPE k6_http_reqs_total counter')).toHaveLength(1);
    expect((await fetch(new URL('/other', url))).status).toBe(404);
    const again = await create(`prometheus-scrape=${new URL(url).host}`);
    await expect(again.output.start()).rejects.toMatchObject({ exitCode: 106 });
    await expect(create('prometheus-scrape=a:b:c')).rejects.toMatchObject({ exitCode: 104 });
    await output.stop();
    await expect(fetch(url)).rejects.toThrow();
  });
});

describe('OpenTelemetry', () => {
  it('exports sums, gauges and exponential histograms with the run’s resource', async () => {
    const { url, received } = await receiver([200]);
    const { output, log } = await create(`experimental-opentelemetry=${url}`, {
      K6_OTEL_METRIC_PREFIX: 'load.',
      K6_OTEL_HEADERS: 'x-key=abc',
      OTEL_SERVICE_NAME: 'shop',
      OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment=test',
    });
    await play(output);
    expect([output.problem, log]).toEqual([undefined, []]);
    const [request] = received as [Received];
    expect(request.url).toBe('/v1/metrics');
    expect(request.headers).toMatchObject({
      'x-key': 'abc',
      'content-type': 'application/x-protobuf',
    });
    const resource = new Message(request.body).message(1);
    const attributes = resource.message(1).messages(1);
    const pairs = attributes.map((one) => [one.text(1), one.message(2).text(1)]);
    expect(Object.fromEntries(pairs)).toEqual({
      'deployment.environment': 'test',
      'service.name': 'shop',
      'service.version': '1.2.3',
    });
    const metrics = new Map(
      resource
        .message(2)
        .messages(2)
        .map((metric) => [metric.text(1), metric]),
    );
    const tagsOf = (point: Message, field: number) =>
      Object.fromEntries(
        point.messages(field).map((one) => [one.text(1), one.message(2).text(1)] as const),
      );
    const reqs = metrics.get('load.http_reqs')?.message(7);
    expect([reqs?.integer(2), reqs?.integer(3)]).toEqual([2, 1]);
    expect(reqs?.messages(1).map((point) => [tagsOf(point, 7), point.double(4)])).toEqual([
      [{ build: '7', name: 'login', group: '' }, 20],
      [{ build: '7', name: 'a "b", c=d', group: '' }, 20],
    ]);
    const checks = metrics.get('load.checks')?.message(7).messages(1);
    expect(checks?.map((point) => [tagsOf(point, 7)['condition'], point.double(4)])).toEqual([
      ['nonzero', 6],
      ['zero', 2],
    ]);
    expect(metrics.get('load.vus')?.message(5).message(1).double(4)).toBe(-2);
    const duration = metrics.get('load.http_req_duration');
    expect(duration?.text(3)).toBe('ms');
    const [all, login] = duration?.message(10).messages(1) ?? [];
    expect([all?.bits(4), all?.double(5)]).toEqual([40n, 2_200]);
    expect([all?.double(12), all?.double(13)]).toEqual([10, 100]);
    expect(
      all
        ?.message(8)
        .packed(2)
        .reduce((a, b) => a + b),
    ).toBe(40);
    // 10 ms lies in the bucket of 2^(offset/8) to 2^((offset+1)/8).
    const offset = all?.message(8).signed(1) ?? Number.NaN;
    expect(2 ** (offset / 8)).toBeLessThan(10);
    expect(2 ** ((offset + 1) / 8)).toBeGreaterThanOrEqual(10);
    expect(login && tagsOf(login, 1)).toEqual({ build: '7', name: 'login' });
  });

  it('refuses gRPC in a sentence, and tells of a collector that refuses', async () => {
    for (const env of [
      { K6_OTEL_EXPORTER_PROTOCOL: 'grpc' },
      { K6_OTEL_GRPC_EXPORTER_ENDPOINT: 'localhost:4317' },
    ]) {
      await expect(create('opentelemetry', env as Record<string, string>)).rejects.toThrow(
        /vurun speaks http\/protobuf/,
      );
    }
    const { url } = await receiver([400, 400]);
    const { output } = await create('opentelemetry', {
      K6_OTEL_HTTP_EXPORTER_ENDPOINT: url.replace('http://', ''),
      K6_OTEL_HTTP_EXPORTER_INSECURE: 'true',
    });
    await play(output);
    expect(output.problem).toMatch(/^the opentelemetry output to .* 1 of 1 deliveries failed/);
  });
});

describe('InfluxDB', () => {
  it('writes a point for each metric and its tags, to version 1', async () => {
    const { url, received } = await receiver();
    const { output } = await create(`influxdb=${url.replace('//', '//me:p%40w@')}/loads`);
    await play(output);
    expect(output.problem).toBeUndefined();
    expect(received.map((one) => one.url)).toEqual([
      '/query?q=CREATE+DATABASE+%22loads%22',
      '/write?db=loads&precision=ms',
    ]);
    const auth = `Basic ${Buffer.from('me:p@w').toString('base64')}`;
    expect(received.map((one) => one.headers.authorization)).toEqual([auth, auth]);
    const lines = received[1]?.body.toString().split('\n') ?? [];
    const points = lines.map((line) => line.replace(/ \d{13}$/, ''));
    expect(points).toContain('http_reqs,build=7,name=login value=20');
    expect(points).toContain('http_reqs,build=7,name=a\\ "b"\\,\\ c\\=d value=20');
    expect(points).toContain('checks,check=ok value=0.75,passes=6,count=8i');
    expect(points).toContain('vus,build=7 value=-2,min=-2,max=3');
    const login = points.find((point) => point.startsWith('http_req_duration,build=7,name=login'));
    expect(login).toMatch(/ avg=30,min=10,med=30,max=50,.*,count=20i,sum=600$/);
  });

  it('sends what was refused with the next delivery, once', async () => {
    // The database is made first.
    const { url, received } = await receiver([204, 500]);
    const { output } = await create(`influxdb=${url}`, { K6_INFLUXDB_PUSH_INTERVAL: '100ms' });
    await output.start();
    for (const batch of batches()) output.add?.(batch);
    while (received.length < 3) await new Promise((resolve) => setTimeout(resolve, 5));
    await output.stop();
    const points = received.slice(1).map(({ body }) => body.toString());
    expect(points).toHaveLength(2);
    expect(points[1]).toContain('http_reqs,build=7,name=login value=20 ');
    expect(points[1]).toMatch(/http_req_duration,build=7,name=login avg=30,min=10,.*,count=20i,/);
    expect(output.problem).toMatch(/has gaps: 1 of \d+ deliveries failed/);
  });

  it('speaks version 2 with a token, and counts what it refuses', async () => {
    const { url, received } = await receiver([401]);
    const { output } = await create('influxdb', {
      K6_INFLUXDB_ADDR: url,
      K6_INFLUXDB_ORGANIZATION: 'our org',
      K6_INFLUXDB_BUCKET: 'k6',
      VURUN_INFLUXDB_TOKEN: 'tok',
    });
    await play(output);
    expect(received[0]).toMatchObject({
      url: '/api/v2/write?bucket=k6&org=our+org&precision=ms',
      headers: { authorization: 'Token tok' },
    });
    expect(output.problem).toBe(
      `the influxdb output to ${url}/api/v2/write is incomplete: 1 of 1 deliveries failed (it answered 401: no room)`,
    );
    await expect(create('influxdb', { K6_INFLUXDB_TAGS_AS_FIELDS: 'vu:int' })).rejects.toThrow(
      /TAGS_AS_FIELDS is of no use/,
    );
  });
});

describe('StatsD', () => {
  async function listener() {
    const socket = createSocket('udp4');
    const datagrams: string[] = [];
    let heard = (): void => undefined;
    socket.on('message', (bytes) => {
      datagrams.push(bytes.toString());
      heard();
    });
    await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
    cleanups.push(() => socket.close());
    const first = new Promise<void>((resolve) => {
      heard = resolve;
    });
    return { address: `127.0.0.1:${socket.address().port}`, datagrams, first };
  }

  it('sends counters and gauges, adding up what differs in tags alone', async () => {
    const { address, datagrams, first } = await listener();
    const { output } = await create(`statsd=${address}`);
    await play(output);
    await first;
    const lines = datagrams.join('\n').split('\n');
    expect(lines).toContain('k6.http_reqs:40|c');
    expect(lines).toContain('k6.checks.passes:6|c');
    expect(lines).toContain('k6.checks.fails:2|c');
    expect(lines).toContain('k6.http_req_duration.max:100|g');
    expect(lines.filter((line) => line.startsWith('k6.http_req_duration.max'))).toHaveLength(1);
    // A negative gauge is reached from 0: its sign alone would mean a change.
    expect(lines.indexOf('k6.vus:0|g') + 1).toBe(lines.indexOf('k6.vus:-2|g'));
    expect(Math.max(...datagrams.map((text) => text.length))).toBeLessThanOrEqual(1_432);
  });

  it('sends tags when asked, under another name if that is wanted', async () => {
    const { address, datagrams, first } = await listener();
    const { output } = await create('statsd', {
      K6_STATSD_ADDR: address,
      K6_STATSD_ENABLE_TAGS: 'true',
      K6_STATSD_TAG_BLOCKLIST: 'build',
      K6_STATSD_NAMESPACE: 'shop.',
    });
    await play(output);
    await first;
    const lines = datagrams.join('\n').split('\n');
    expect(lines).toContain('shop.http_reqs:20|c|#name:login');
    expect(lines).toContain('shop.http_reqs:20|c|#name:a_"b"__c=d');
    expect(lines).toContain('shop.http_req_duration.max:50|g|#name:login');
  });
});

describe('a receiver that is not there', () => {
  it.each([
    ['prometheus', 'prometheus=http://127.0.0.1:1'],
    ['influxdb', 'influxdb=http://127.0.0.1:1'],
    ['opentelemetry', 'opentelemetry=http://127.0.0.1:1'],
  ])('costs %s its numbers and nobody anything else', async (name, spec) => {
    const { output } = await create(spec);
    await play(output);
    expect(output.problem).toMatch(
      new RegExp(
        `^the ${name} output to http://127.0.0.1:1/.* is incomplete: 1 of 1 deliveries failed`,
      ),
    );
    // The run stops its outputs wherever it ends, so twice must be once.
    await output.stop();
  });
});
