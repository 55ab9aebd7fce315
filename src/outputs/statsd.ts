import { createSocket, type Socket } from 'node:dgram';
import { limits } from '../limits.ts';
import type { MetricsBatch } from '../metrics/batch.ts';
import { trendStat } from '../metrics/stat.ts';
import { parseAddress } from './address.ts';
import { Courier } from './courier.ts';
import type { Output, OutputIo } from './output.ts';
import { type Reading, Tally, trendFields } from './tally.ts';
import { Variables } from './variables.ts';

/**
 * `--out statsd[=HOST:PORT]`: datagrams once a second, to localhost:8125 unless told otherwise, with the
 * variables of k6's old output (`K6_STATSD_*`). Counters are counters; of rates the passes and the fails
 * are (`checks.passes`, `checks.fails`); gauges are gauges, and of trends `avg`, `min`, `med`, `max`, `p90`,
 * `p95` and `p99` of that second are, in milliseconds: a timer for every sample would be a flood. Tags
 * in the style of DogStatsD need `K6_STATSD_ENABLE_TAGS=true`; without them what differs in tags alone
 * is added up. Throws a UserError (104) for settings that make no sense.
 */
export function createStatsdOutput(argument: string, io: OutputIo): Output {
  return new StatsdOutput(argument, io);
}

class StatsdOutput implements Output {
  readonly #tally: Tally;
  readonly #courier: Courier;
  readonly #address: { host: string; port: number };
  readonly #prefix: string;
  readonly #withTags: boolean;
  readonly #blocked: ReadonlySet<string>;
  #socket: Socket | undefined;

  constructor(argument: string, io: OutputIo) {
    const variables = new Variables(io.env, 'statsd');
    const given = argument || (variables.text('STATSD_ADDR') ?? '');
    const address = parseAddress(given, { host: 'localhost', port: 8_125 });
    if (address === undefined) {
      throw variables.wrong(
        argument === '' ? 'STATSD_ADDR' : `--out statsd=${argument}`,
        'must be HOST:PORT, for example localhost:8125',
      );
    }
    this.#address = address;
    this.#prefix = variables.text('STATSD_NAMESPACE') ?? 'k6.';
    this.#withTags = variables.boolean('STATSD_ENABLE_TAGS');
    this.#blocked = new Set(variables.list('STATSD_TAG_BLOCKLIST') ?? ['vu', 'iter', 'url']);
    variables.refuse('STATSD_BUFFER_SIZE', 'is of no use: what waits are sums; leave it out');
    this.#tally = new Tally(io);
    this.#courier = new Courier({
      label: 'the statsd output',
      to: `${address.host}:${address.port}`,
      intervalMs: variables.duration('STATSD_PUSH_INTERVAL', 1_000),
      log: io.log,
      deliver: () => this.#deliver(),
    });
  }

  async start(): Promise<void> {
    this.#courier.start();
  }

  add(batch: MetricsBatch): void {
    this.#tally.add(batch);
  }

  async #deliver(): Promise<void> {
    const lines = this.#lines(this.#tally.drain());
    let datagram = '';
    for (const line of lines) {
      if (datagram.length + line.length >= limits.statsdDatagramBytes) {
        await this.#send(datagram);
        datagram = '';
      }
      datagram += `${datagram === '' ? '' : '\n'}${line}`;
    }
    if (datagram !== '') await this.#send(datagram);
  }

  /** A connected socket hears of it when nobody listens; one that only sends does not. */
  async #send(datagram: string): Promise<void> {
    let socket = this.#socket;
    if (socket === undefined) {
      const { host, port } = this.#address;
      const made = createSocket({ type: host.includes(':') ? 'udp6' : 'udp4' });
      await new Promise<void>((resolve, reject) => {
        made.once('error', reject).connect(port, host, resolve);
      });
      made.removeAllListeners('error').on('error', () => undefined);
      socket = this.#socket = made;
    }
    const open = socket;
    await new Promise<void>((resolve, reject) => {
      open.send(datagram, (error) => (error ? reject(error) : resolve()));
    });
  }

  #lines(readings: readonly Reading[]): string[] {
    const counts = new Map<string, number>();
    const gauges: string[] = [];
    const gauge = (name: string, value: number, tags: string): void => {
      // A sign would mean a change, so a negative value is reached from 0.
      if (value < 0) gauges.push(`${name}:0|g${tags}`);
      gauges.push(`${name}:${text(value)}|g${tags}`);
    };
    for (const { metric, tags, sink } of readings) {
      const name = `${this.#prefix}${metric.name}`;
      const told = this.#tagged(tags);
      const count = (key: string, value: number): void => {
        const whole = `${key}\0${told}`;
        counts.set(whole, (counts.get(whole) ?? 0) + value);
      };
      if (sink.kind === 'trend') {
        // Without tags a sub-metric would overwrite its metric.
        if (!this.#withTags && this.#isSub(tags)) continue;
        for (const [suffix, stat] of Object.entries(trendFields)) {
          gauge(`${name}.${suffix}`, trendStat(sink.trend, stat), told);
        }
      } else if (sink.kind === 'gauge') {
        if (!this.#withTags && this.#isSub(tags)) continue;
        gauge(name, sink.value, told);
      } else if (metric.kind === 'counter') count(name, sink.sum);
      else {
        count(`${name}.passes`, sink.sum);
        count(`${name}.fails`, sink.count - sink.sum);
      }
    }
    const sums = [...counts].map(([key, value]) => {
      const [name, told] = key.split('\0') as [string, string];
      return `${name}:${text(value)}|c${told}`;
    });
    return [...sums, ...gauges];
  }

  #isSub(tags: Reading['tags']): boolean {
    return tags.length > this.#tally.runTags;
  }

  #tagged(tags: Reading['tags']): string {
    if (!this.#withTags) return '';
    const kept = tags.filter(([name, value]) => value !== '' && !this.#blocked.has(name));
    if (kept.length === 0) return '';
    return `|#${kept.map(([name, value]) => `${clean(name)}:${clean(value)}`).join()}`;
  }

  async stop(): Promise<void> {
    await this.#courier.stop();
    this.#socket?.close();
    this.#socket = undefined;
  }

  get problem(): string | undefined {
    return this.#courier.problem;
  }
}

function clean(text: string): string {
  return text.replace(/[,|#\s]/g, '_');
}

/** StatsD knows no exponents. */
function text(value: number): string {
  return Number.isInteger(value) ? String(value) : value.toFixed(6);
}
