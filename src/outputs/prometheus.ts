import SnappyJS from 'snappyjs';
import type { Attempt, AttemptsBatch } from '../attempts/contract.ts';
import { traceIdKey } from '../attempts/contract.ts';
import { limits } from '../limits.ts';
import type { MetricsBatch } from '../metrics/batch.ts';
import type { Trend } from '../metrics/trend.ts';
import { Courier } from './courier.ts';
import { type Exponential, exponential, exponentialSchema } from './exponential.ts';
import { basicAuth, fileOf, HttpPost } from './http-post.ts';
import type { Output, OutputIo } from './output.ts';
import { labelsOf, secondsPer, trendStatsOf, valuesOf } from './prometheus-series.ts';
import { ProtobufWriter } from './protobuf.ts';
import { type Reading, Tally } from './tally.ts';
import { Variables } from './variables.ts';

/**
 * `--out prometheus=URL`: Prometheus remote write 1.0, with k6's names and its variables
 * (`K6_PROMETHEUS_RW_*`, or the same with `VURUN_`). What it writes are the sums since the start of the
 * run, so that a delivery that failed is made good by the next. Throws a UserError (104) for settings
 * that make no sense.
 */
export function createPrometheusOutput(argument: string, io: OutputIo): Output {
  return new PrometheusOutput(argument, io);
}

/** The NaN that says: this series has ended. */
const stale = 0x7ff0000000000002n;
/** What of a delivery's slowest request is known, so that its trace can be found. */
const exemplarOf = 'http_req_duration';

class PrometheusOutput implements Output {
  readonly #tally: Tally;
  readonly #post: HttpPost;
  readonly #courier: Courier;
  readonly #stats: readonly string[];
  readonly #native: boolean;
  readonly #staleMarkers: boolean;
  #slowest: Attempt | undefined;

  constructor(argument: string, io: OutputIo) {
    const variables = new Variables(io.env, 'prometheus');
    const name = 'PROMETHEUS_RW_';
    const url = variables.url(
      argument || (variables.text(`${name}SERVER_URL`) ?? 'http://localhost:9090/api/v1/write'),
      argument === '' ? `${name}SERVER_URL` : `--out prometheus=${argument}`,
    );
    if (url.pathname === '/') url.pathname = '/api/v1/write';
    for (const suffix of ['REGION', 'ACCESS_KEY', 'SECRET_KEY']) {
      variables.refuse(
        `${name}SIGV4_${suffix}`,
        'asks for AWS signatures, which vurun cannot make',
      );
    }
    this.#stats = trendStatsOf(variables);
    this.#native = variables.boolean(`${name}TREND_AS_NATIVE_HISTOGRAM`);
    this.#staleMarkers = variables.boolean(`${name}STALE_MARKERS`);
    const user = variables.text(`${name}USERNAME`);
    const token = variables.text(`${name}BEARER_TOKEN`);
    this.#post = new HttpPost(
      url,
      {
        'content-type': 'application/x-protobuf',
        'content-encoding': 'snappy',
        'x-prometheus-remote-write-version': '0.1.0',
        'user-agent': `vurun/${io.version}`,
        ...(user !== undefined && basicAuth(user, variables.text(`${name}PASSWORD`) ?? '')),
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
        ...variables.pairs(`${name}HTTP_HEADERS`),
        ...variables.beginning(`${name}HEADERS_`),
      },
      {
        insecure: variables.boolean(`${name}INSECURE_SKIP_TLS_VERIFY`),
        cert: fileOf(variables, `${name}CLIENT_CERTIFICATE`),
        key: fileOf(variables, `${name}CLIENT_CERTIFICATE_KEY`),
      },
    );
    this.#tally = new Tally(io);
    this.#courier = new Courier({
      label: 'the prometheus output',
      to: this.#post.shown,
      intervalMs: variables.duration(`${name}PUSH_INTERVAL`, 5_000),
      log: io.log,
      deliver: (signal, last) => this.#deliver(signal, last),
    });
  }

  async start(): Promise<void> {
    this.#courier.start();
  }

  add(batch: MetricsBatch): void {
    this.#tally.add(batch);
  }

  addAttempts({ attempts }: AttemptsBatch): void {
    for (const attempt of attempts) {
      if (attempt.kind !== 'http' || attempt.ids?.[traceIdKey] === undefined) continue;
      if (attempt.total > (this.#slowest?.total ?? 0)) this.#slowest = attempt;
    }
  }

  async #deliver(signal: AbortSignal, last: boolean): Promise<void> {
    // A delivery that fails half-way is made again as a whole: Prometheus takes what is newer.
    const readings = last ? this.#tally.all() : this.#tally.changed();
    const now = Date.now();
    try {
      for (let from = 0; from < readings.length; from += limits.prometheusSeriesPerWrite) {
        const some = readings.slice(from, from + limits.prometheusSeriesPerWrite);
        await this.#write((writer) => this.#series(writer, some, now), signal);
      }
      if (last && this.#staleMarkers) {
        await this.#write((writer) => this.#ends(writer, readings, now + 1), signal);
      }
    } catch (thrown) {
      this.#tally.again(readings);
      throw thrown;
    }
    this.#slowest = undefined;
  }

  async #write(fill: (writer: ProtobufWriter) => void, signal: AbortSignal): Promise<void> {
    const writer = new ProtobufWriter();
    fill(writer);
    // snappyjs takes a Buffer's memory for something else.
    await this.#post.send(SnappyJS.compress(Uint8Array.from(writer.bytes)), signal);
  }

  #series(writer: ProtobufWriter, readings: readonly Reading[], now: number): void {
    for (const reading of readings) {
      const { metric, sink } = reading;
      const labels = labelsOf(reading.tags);
      if (this.#native && sink.kind === 'trend') {
        writer.message(1, (series) => {
          writeLabels(series, histogramName(metric), labels);
          this.#exemplar(series, metric.name);
          series.message(4, (inner) => writeHistogram(inner, sink.trend, secondsPer(metric), now));
        });
        continue;
      }
      for (const { name, value } of valuesOf(reading, this.#stats)) {
        writer.message(1, (series) => {
          writeLabels(series, name, labels);
          series.message(2, (sample) => {
            sample.double(1, value);
            sample.unsigned(2, now);
          });
          if (name.endsWith('_max')) this.#exemplar(series, metric.name);
        });
      }
    }
  }

  #exemplar(series: ProtobufWriter, metric: string): void {
    const slowest = this.#slowest;
    const id = slowest?.ids?.[traceIdKey];
    if (metric !== exemplarOf || slowest === undefined || id === undefined) return;
    series.message(3, (exemplar) => {
      exemplar.message(1, (label) => {
        label.text(1, 'trace_id');
        label.text(2, id);
      });
      exemplar.double(2, slowest.total / 1_000);
      exemplar.unsigned(3, Math.round(slowest.start + slowest.total));
    });
  }

  #ends(writer: ProtobufWriter, readings: readonly Reading[], now: number): void {
    for (const reading of readings) {
      const labels = labelsOf(reading.tags);
      const names =
        this.#native && reading.sink.kind === 'trend'
          ? [histogramName(reading.metric)]
          : valuesOf(reading, this.#stats).map(({ name }) => name);
      for (const name of names) {
        writer.message(1, (series) => {
          writeLabels(series, name, labels);
          series.message(2, (sample) => {
            sample.doubleBits(1, stale);
            sample.unsigned(2, now);
          });
        });
      }
    }
  }

  async stop(): Promise<void> {
    await this.#courier.stop();
    await this.#post.close();
  }

  get problem(): string | undefined {
    return this.#courier.problem;
  }
}

/** A histogram has its unit in its name, as k6's do. */
function histogramName({ name, contains }: Reading['metric']): string {
  return `k6_${name}${contains === 'time' ? '_seconds' : ''}`;
}

function writeLabels(
  series: ProtobufWriter,
  metric: string,
  labels: readonly (readonly [string, string])[],
): void {
  // Labels are sorted, and the name's own comes before all that begin with a letter.
  const all = [['__name__', metric] as const, ...labels].sort(([a], [b]) => (a < b ? -1 : 1));
  for (const [name, value] of all) {
    series.message(1, (label) => {
      label.text(1, name);
      label.text(2, value);
    });
  }
}

function writeHistogram(writer: ProtobufWriter, trend: Trend, factor: number, now: number): void {
  const buckets: Exponential = exponential(trend, factor);
  writer.unsigned(1, trend.count);
  writer.double(3, trend.sum * factor);
  writer.signed(4, exponentialSchema);
  writer.double(5, 2 ** -128);
  writer.unsigned(6, buckets.zero);
  writeBuckets(writer, buckets.negative, 8, 9);
  writeBuckets(writer, buckets.positive, 11, 12);
  writer.unsigned(15, now);
}

/** Runs of neighbouring buckets, and each count as its difference to the one before. */
function writeBuckets(
  writer: ProtobufWriter,
  buckets: ReadonlyMap<number, number>,
  spanField: number,
  deltaField: number,
): void {
  const spans: { offset: number; length: number }[] = [];
  const deltas: number[] = [];
  let next = 0;
  let before = 0;
  for (const [index, count] of buckets) {
    const open = spans.at(-1);
    if (open !== undefined && index === next) open.length++;
    else spans.push({ offset: index - next, length: 1 });
    next = index + 1;
    deltas.push(count - before);
    before = count;
  }
  for (const { offset, length } of spans) {
    writer.message(spanField, (span) => {
      span.signed(1, offset);
      span.unsigned(2, length);
    });
  }
  writer.packedSigned(deltaField, deltas);
}
