import { limits } from '../limits.ts';
import type { MetricsBatch } from '../metrics/batch.ts';
import { trendStat } from '../metrics/stat.ts';
import { Courier } from './courier.ts';
import { HttpPost } from './http-post.ts';
import type { Output, OutputIo } from './output.ts';
import { type Reading, Tally, trendFields } from './tally.ts';
import { shownUrl, Variables } from './variables.ts';

/**
 * `--out influxdb=http://user:password@host:8086/database`: line protocol, a point a second for each
 * metric and its tags, with k6's variables (`K6_INFLUXDB_*`). A token or bucket (`K6_INFLUXDB_TOKEN`,
 * `_ORGANIZATION`, `_BUCKET`) makes it version 2's API. Points hold what came since the last: counters the
 * field `value` (their sum), rates `value` (0 to 1), `passes` and `count`, gauges `value`, `min` and `max`,
 * trends `avg`, `min`, `med`, `max`, `p90`, `p95`, `p99`, `count` and `sum`, in k6's units. Throws a UserError
 * (104) for settings that make no sense.
 */
export function createInfluxOutput(argument: string, io: OutputIo): Output {
  return new InfluxOutput(argument, io);
}

class InfluxOutput implements Output {
  readonly #tally: Tally;
  readonly #post: HttpPost;
  readonly #courier: Courier;
  /** What makes the database, where it is version 1's. */
  readonly #create: URL | undefined;
  #created = false;

  constructor(argument: string, io: OutputIo) {
    const variables = new Variables(io.env, 'influxdb');
    const name = 'INFLUXDB_';
    variables.refuse(
      `${name}TAGS_AS_FIELDS`,
      "is of no use: vurun's points are sums, told apart by their tags; leave it out",
    );
    for (const suffix of ['PROXY', 'CONSISTENCY']) {
      variables.refuse(`${name}${suffix}`, 'is something vurun does not have; leave it out');
    }
    const url = variables.url(
      argument || (variables.text(`${name}ADDR`) ?? 'http://localhost:8086'),
      argument === '' ? `${name}ADDR` : `--out influxdb=${argument}`,
    );
    const path = decodeURIComponent(url.pathname.replace(/^\/|\/$/g, ''));
    const token = variables.text(`${name}TOKEN`);
    const bucket = variables.text(`${name}BUCKET`);
    const user = variables.text(`${name}USERNAME`);
    if (user !== undefined) {
      url.username = encodeURIComponent(user);
      url.password = encodeURIComponent(variables.text(`${name}PASSWORD`) ?? '');
    }
    url.search = '';
    if (token !== undefined || bucket !== undefined) {
      const organization = variables.text(`${name}ORGANIZATION`);
      url.pathname = '/api/v2/write';
      url.searchParams.set('bucket', bucket ?? (path || 'k6'));
      if (organization !== undefined) url.searchParams.set('org', organization);
    } else {
      const database = path || (variables.text(`${name}DB`) ?? 'k6');
      url.pathname = '/query';
      this.#create = new URL(url);
      this.#create.username = '';
      this.#create.password = '';
      this.#create.searchParams.set('q', `CREATE DATABASE "${database.replaceAll('"', '\\"')}"`);
      url.pathname = '/write';
      url.searchParams.set('db', database);
      const retention = variables.text(`${name}RETENTION`);
      if (retention !== undefined) url.searchParams.set('rp', retention);
    }
    url.searchParams.set('precision', 'ms');
    this.#post = new HttpPost(
      url,
      {
        'content-type': 'text/plain; charset=utf-8',
        'user-agent': `vurun/${io.version}`,
        ...(token !== undefined && { authorization: `Token ${token}` }),
      },
      { insecure: variables.boolean(`${name}INSECURE`) },
    );
    this.#tally = new Tally(io);
    this.#courier = new Courier({
      label: 'the influxdb output',
      to: shownUrl(url),
      intervalMs: variables.duration(`${name}PUSH_INTERVAL`, 1_000),
      log: io.log,
      deliver: (signal) => this.#deliver(signal),
    });
  }

  async start(): Promise<void> {
    this.#courier.start();
  }

  add(batch: MetricsBatch): void {
    this.#tally.add(batch);
  }

  async #deliver(signal: AbortSignal): Promise<void> {
    if (this.#create !== undefined && !this.#created) {
      // Whoever may only write gets a refusal here, and the writes tell whether there is a database.
      await this.#post.send('', signal, this.#create).catch(() => undefined);
      this.#created = true;
    }
    const now = Date.now();
    const readings = this.#tally.drain();
    for (let from = 0; from < readings.length; from += limits.influxLinesPerWrite) {
      const some = readings.slice(from, from + limits.influxLinesPerWrite);
      try {
        await this.#post.send(some.map((reading) => line(reading, now)).join('\n'), signal);
      } catch (thrown) {
        // What may have arrived without a word is not sent twice: sums would come out too large.
        this.#tally.restore(readings.slice(signal.aborted ? from + some.length : from));
        throw thrown;
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

function line({ metric, tags, sink }: Reading, now: number): string {
  const told = tags
    .filter(([, value]) => value !== '')
    .map(([name, value]) => `,${escaped(name)}=${escaped(value)}`)
    .join('');
  const fields: string[] = [];
  if (sink.kind === 'trend') {
    for (const [field, stat] of Object.entries(trendFields)) {
      fields.push(`${field}=${trendStat(sink.trend, stat)}`);
    }
    fields.push(`count=${sink.count}i`, `sum=${sink.trend.sum}`);
  } else if (sink.kind === 'gauge') {
    fields.push(`value=${sink.value}`, `min=${sink.min}`, `max=${sink.max}`);
  } else if (metric.kind === 'counter') fields.push(`value=${sink.sum}`);
  else fields.push(`value=${sink.sum / sink.count}`, `passes=${sink.sum}`, `count=${sink.count}i`);
  return `${escaped(metric.name)}${told} ${fields.join()} ${now}`;
}

/** A line break would end the point, and a backslash at the end would swallow what follows it. */
function escaped(text: string): string {
  return text
    .replace(/[\r\n]+/g, ' ')
    .replace(/\\+$/, '')
    .replace(/[, =]/g, '\\$&');
}
