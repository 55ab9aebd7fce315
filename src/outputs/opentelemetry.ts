import { type Attributes, type HrTime, ValueType } from '@opentelemetry/api';
import { OTLPMetricExporter } from '@opentelemetry/exporter-metrics-otlp-proto';
import { resourceFromAttributes } from '@opentelemetry/resources';
import {
  AggregationTemporality,
  DataPointType,
  type ExponentialHistogram,
  type MetricData,
} from '@opentelemetry/sdk-metrics';
import { limits } from '../limits.ts';
import type { MetricsBatch } from '../metrics/batch.ts';
import type { MetricDefinition } from '../metrics/sub-metric.ts';
import type { Trend } from '../metrics/trend.ts';
import { Courier } from './courier.ts';
import { exponential, exponentialSchema } from './exponential.ts';
import { fileOf } from './http-post.ts';
import type { Output, OutputIo } from './output.ts';
import { type Reading, Tally } from './tally.ts';
import { shownUrl, Variables } from './variables.ts';

/**
 * `--out opentelemetry=URL`: OTLP metrics over HTTP, with the official exporter, k6's variables
 * (`K6_OTEL_*`) and the standard ones (`OTEL_EXPORTER_OTLP_*`, `OTEL_SERVICE_NAME`,
 * `OTEL_RESOURCE_ATTRIBUTES`). Counters are sums, gauges gauges, trends exponential histograms in
 * milliseconds, and a rate is a sum with the attribute `condition`, `nonzero` or `zero`; all since the start of
 * the run. Throws a UserError (104) for settings that make no sense.
 */
export function createOpenTelemetryOutput(argument: string, io: OutputIo): Output {
  return new OpenTelemetryOutput(argument, io);
}

class OpenTelemetryOutput implements Output {
  readonly #tally: Tally;
  readonly #courier: Courier;
  readonly #exporter: OTLPMetricExporter;
  readonly #resource: ReturnType<typeof resourceFromAttributes>;
  readonly #version: string;
  readonly #prefix: string;
  #startedAt: HrTime = [0, 0];

  constructor(argument: string, io: OutputIo) {
    const variables = new Variables(io.env, 'opentelemetry');
    const protocol = variables.text('OTEL_EXPORTER_PROTOCOL') ?? 'http/protobuf';
    if (protocol !== 'http/protobuf') {
      throw variables.wrong(
        'OTEL_EXPORTER_PROTOCOL',
        `is '${protocol}': vurun speaks http/protobuf, which collectors take on port 4318`,
      );
    }
    variables.refuse(
      'OTEL_GRPC_EXPORTER_ENDPOINT',
      'asks for gRPC: vurun speaks http/protobuf; set OTEL_HTTP_EXPORTER_ENDPOINT, for example to localhost:4318',
    );
    const url = endpoint(argument, variables, io.env);
    this.#prefix = variables.text('OTEL_METRIC_PREFIX') ?? '';
    this.#version = io.version;
    this.#resource = resourceFromAttributes({
      ...new Variables({ K6_R: io.env['OTEL_RESOURCE_ATTRIBUTES'] }, 'opentelemetry').pairs('R'),
      'service.name':
        variables.text('OTEL_SERVICE_NAME') ?? (io.env['OTEL_SERVICE_NAME'] || 'vurun'),
      'service.version': variables.text('OTEL_SERVICE_VERSION') ?? io.version,
    });
    this.#exporter = new OTLPMetricExporter({
      url: url.href,
      headers: variables.pairs('OTEL_HEADERS'),
      timeoutMillis: limits.outputDeliveryMs,
      userAgent: `vurun/${io.version}`,
      httpAgentOptions: {
        keepAlive: true,
        rejectUnauthorized: !variables.boolean('OTEL_TLS_INSECURE_SKIP_VERIFY'),
        ...pem('ca', fileOf(variables, 'OTEL_TLS_CERTIFICATE')),
        ...pem('cert', fileOf(variables, 'OTEL_TLS_CLIENT_CERTIFICATE')),
        ...pem('key', fileOf(variables, 'OTEL_TLS_CLIENT_KEY')),
      },
    });
    this.#tally = new Tally(io);
    this.#courier = new Courier({
      label: 'the opentelemetry output',
      to: shownUrl(url),
      intervalMs: variables.duration('OTEL_EXPORT_INTERVAL', 10_000),
      log: io.log,
      deliver: (_signal, last) => this.#deliver(last),
    });
  }

  async start(): Promise<void> {
    this.#startedAt = hrTime(Date.now());
    this.#courier.start();
  }

  add(batch: MetricsBatch): void {
    this.#tally.add(batch);
  }

  async #deliver(last: boolean): Promise<void> {
    const readings = last ? this.#tally.all() : this.#tally.changed();
    const scope = { name: 'vurun', version: this.#version };
    const metrics = this.#metrics(readings, hrTime(Date.now()));
    try {
      await new Promise<void>((resolve, reject) => {
        this.#exporter.export(
          { resource: this.#resource, scopeMetrics: [{ scope, metrics }] },
          ({ code, error }) => {
            // Its enumeration is at home in a package we do not need otherwise: 0 is success.
            if (Number(code) === 0) resolve();
            else reject(error ?? new Error('it was refused'));
          },
        );
      });
    } catch (thrown) {
      this.#tally.again(readings);
      throw thrown;
    }
  }

  /** Readings with their metric; all of one metric go together. */
  #metrics(readings: readonly Reading[], endTime: HrTime): MetricData[] {
    const byMetric = new Map<string, Reading[]>();
    for (const reading of readings) {
      const same = byMetric.get(reading.metric.name);
      if (same === undefined) byMetric.set(reading.metric.name, [reading]);
      else same.push(reading);
    }
    return [...byMetric.values()].map((same) => this.#metric(same, endTime));
  }

  #metric(readings: readonly Reading[], endTime: HrTime): MetricData {
    const { metric } = readings[0] as Reading;
    const common = {
      descriptor: {
        name: this.#prefix + metric.name,
        description: '',
        unit: unitOf(metric),
        valueType: ValueType.DOUBLE,
      },
      aggregationTemporality: AggregationTemporality.CUMULATIVE,
    };
    const point = <T>(reading: Reading, value: T, more: Attributes = {}) => ({
      startTime: this.#startedAt,
      endTime,
      attributes: { ...Object.fromEntries(reading.tags), ...more },
      value,
    });
    if (metric.kind === 'trend') {
      return {
        ...common,
        dataPointType: DataPointType.EXPONENTIAL_HISTOGRAM,
        dataPoints: readings.flatMap((reading) =>
          reading.sink.kind === 'trend' ? [point(reading, histogramOf(reading.sink.trend))] : [],
        ),
      };
    }
    if (metric.kind === 'gauge') {
      return {
        ...common,
        dataPointType: DataPointType.GAUGE,
        dataPoints: readings.flatMap((reading) =>
          reading.sink.kind === 'gauge' ? [point(reading, reading.sink.value)] : [],
        ),
      };
    }
    return {
      ...common,
      dataPointType: DataPointType.SUM,
      isMonotonic: true,
      dataPoints: readings.flatMap((reading) => {
        const { sink } = reading;
        if (sink.kind !== 'sum') return [];
        if (metric.kind === 'counter') return [point(reading, sink.sum)];
        return [
          point(reading, sink.sum, { condition: 'nonzero' }),
          point(reading, sink.count - sink.sum, { condition: 'zero' }),
        ];
      }),
    };
  }

  async stop(): Promise<void> {
    await this.#courier.stop();
    await this.#exporter.shutdown().catch(() => undefined);
  }

  get problem(): string | undefined {
    return this.#courier.problem;
  }
}

/** Where to: the argument, k6's variables, then the standard ones. */
function endpoint(argument: string, variables: Variables, env: OutputIo['env']): URL {
  const own = variables.text('OTEL_HTTP_EXPORTER_ENDPOINT');
  const path = variables.text('OTEL_HTTP_EXPORTER_URL_PATH') ?? '/v1/metrics';
  if (argument === '' && own !== undefined) {
    const scheme = variables.boolean('OTEL_HTTP_EXPORTER_INSECURE') ? 'http' : 'https';
    const given = /^https?:/.test(own) ? own : `${scheme}://${own}`;
    return new URL(path, variables.url(given, 'OTEL_HTTP_EXPORTER_ENDPOINT'));
  }
  const exact = env['OTEL_EXPORTER_OTLP_METRICS_ENDPOINT'];
  if (argument === '' && exact) return variables.url(exact, 'OTEL_EXPORTER_OTLP_METRICS_ENDPOINT');
  const base = argument || (env['OTEL_EXPORTER_OTLP_ENDPOINT'] ?? 'http://localhost:4318');
  const where = argument === '' ? 'OTEL_EXPORTER_OTLP_ENDPOINT' : `--out opentelemetry=${argument}`;
  const url = variables.url(base, where);
  if (!url.pathname.endsWith('/v1/metrics')) {
    url.pathname = `${url.pathname.replace(/\/$/, '')}${path}`;
  }
  return url;
}

function pem(name: string, text: string | undefined): Record<string, string> {
  return text === undefined ? {} : { [name]: text };
}

/** Units as UCUM writes them. */
function unitOf({ kind, contains }: MetricDefinition): string {
  if (contains === 'time') return 'ms';
  if (contains === 'data') return 'By';
  return kind === 'rate' ? '1' : '';
}

function histogramOf(trend: Trend): ExponentialHistogram {
  const { zero, positive, negative } = exponential(trend, 1);
  return {
    count: trend.count,
    sum: trend.sum,
    min: trend.min,
    max: trend.max,
    scale: exponentialSchema,
    zeroCount: zero,
    positive: dense(positive),
    negative: dense(negative),
  };
}

/** OpenTelemetry calls the bucket above 1 number 0, Prometheus 1; and it has no gaps. */
function dense(buckets: ReadonlyMap<number, number>): { offset: number; bucketCounts: number[] } {
  const indices = [...buckets.keys()];
  const first = indices[0];
  const last = indices.at(-1);
  if (first === undefined || last === undefined) return { offset: 0, bucketCounts: [] };
  const bucketCounts = Array.from(
    { length: last - first + 1 },
    (_, i) => buckets.get(first + i) ?? 0,
  );
  return { offset: first - 1, bucketCounts };
}

function hrTime(wallMs: number): HrTime {
  const seconds = Math.floor(wallMs / 1_000);
  return [seconds, Math.round((wallMs - seconds * 1_000) * 1e6)];
}
