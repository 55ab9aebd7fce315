import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ExitCode, messageOf, UserError } from '../errors.ts';
import { limits } from '../limits.ts';
import type { MetricsBatch } from '../metrics/batch.ts';
import { parseAddress } from './address.ts';
import type { Output, OutputIo } from './output.ts';
import { labelsOf, trendStatsOf, valuesOf } from './prometheus-series.ts';
import { Tally } from './tally.ts';
import { Variables } from './variables.ts';

/**
 * `--out prometheus-scrape[=HOST:PORT]`: the run so far at `/metrics`, for a Prometheus that fetches it;
 * on 127.0.0.1:9464 unless told otherwise, and until the run ends. Names are those of remote write.
 */
export function createPrometheusScrapeOutput(argument: string, io: OutputIo): Output {
  const address = parseAddress(argument, { host: '127.0.0.1', port: 9_464 });
  const variables = new Variables(io.env, 'prometheus-scrape');
  if (address === undefined) {
    throw variables.wrong(
      `--out prometheus-scrape=${argument}`,
      'must be HOST:PORT, for example 127.0.0.1:9464',
    );
  }
  return new ScrapeOutput(address, trendStatsOf(variables), io);
}

class ScrapeOutput implements Output {
  readonly problem = undefined;
  readonly #address: { host: string; port: number };
  readonly #stats: readonly string[];
  readonly #io: OutputIo;
  readonly #tally: Tally;
  readonly #server: Server;

  constructor(address: { host: string; port: number }, stats: readonly string[], io: OutputIo) {
    this.#address = address;
    this.#stats = stats;
    this.#io = io;
    this.#tally = new Tally(io);
    this.#server = createServer((request, response) => {
      const path = request.url?.split('?')[0];
      if (path !== '/metrics') {
        response.writeHead(path === '/' ? 302 : 404, { location: '/metrics' }).end();
        return;
      }
      response
        .writeHead(200, { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' })
        .end(this.#page());
    });
    this.#server.maxConnections = limits.scrapeConnections;
  }

  async start(): Promise<void> {
    const { host, port } = this.#address;
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject).listen(port, host, resolve);
    }).catch((thrown: unknown) => {
      throw new UserError(
        ExitCode.cannotListen,
        `the prometheus-scrape output cannot listen on ${host}:${port}: ${messageOf(thrown)}`,
        'choose another port, e.g. --out prometheus-scrape=127.0.0.1:9465',
      );
    });
    const taken = this.#server.address() as AddressInfo;
    const shown = taken.family === 'IPv6' ? `[${taken.address}]` : taken.address;
    const message = `Prometheus can scrape http://${shown}:${taken.port}/metrics`;
    this.#io.log({ level: 'info', time: Date.now(), message });
  }

  add(batch: MetricsBatch): void {
    this.#tally.add(batch);
  }

  /** The exposition format wants all series of a name together. */
  #page(): string {
    const families = new Map<string, string[]>();
    for (const reading of this.#tally.all()) {
      if (reading.sink.count === 0) continue;
      const labels = labelsOf(reading.tags)
        .map(([name, value]) => `${name}="${escaped(value)}"`)
        .join();
      for (const { name, type, value } of valuesOf(reading, this.#stats)) {
        let lines = families.get(name);
        if (lines === undefined) families.set(name, (lines = [`# TYPE ${name} ${type}\n`]));
        lines.push(`${name}${labels === '' ? '' : `{${labels}}`} ${value}\n`);
      }
    }
    return [...families.values()].flat().join('');
  }

  async stop(): Promise<void> {
    this.#server.close();
    this.#server.closeAllConnections();
  }
}

function escaped(value: string): string {
  return value.replace(/[\\"\n]/g, (one) => (one === '\n' ? '\\n' : `\\${one}`));
}
