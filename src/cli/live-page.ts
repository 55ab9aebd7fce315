/** The page of a report while its run goes on: served to browsers of this machine, fed over server-sent events. */
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ExitCode, messageOf, UserError } from '../errors.ts';
import { limits } from '../limits.ts';
import type { PageData } from '../report/page-data.ts';
import { attemptFacts } from '../report/page-facts.ts';
import { pageData, pageHtml } from '../report/page-html.ts';
import { PointMaker } from '../report/page-points.ts';
import type { ResultBegin, ResultLine, ResultSecond } from '../results/contract.ts';

export class LivePage {
  readonly #server: Server;
  readonly #browsers = new Set<ServerResponse>();
  #begin: ResultBegin | undefined;
  #seconds: ResultSecond[] = [];
  #points = new PointMaker();
  /** What the run came to. */
  #whole: PageData | undefined;

  private constructor(html: string) {
    this.#server = createServer((request, response) => {
      // Another site's page may reach this port by a name of its own, and is not to read from it.
      if (!/^(127\.0\.0\.1|localhost|\[::1\]):\d+$/.test(request.headers.host ?? '')) {
        response.writeHead(403).end();
      } else if (request.method !== 'GET') response.writeHead(405).end();
      else if (request.url === '/') {
        response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end(html);
      } else if (request.url === '/events') this.#listen(response);
      else response.writeHead(404).end();
    });
  }

  /** Serves on loopback; port 0 takes a free one. Throws a UserError (104) when that cannot be. */
  static async open(port: number): Promise<LivePage> {
    const page = new LivePage(await pageHtml(undefined));
    await new Promise<void>((resolve, reject) => {
      page.#server.once('error', (error: NodeJS.ErrnoException) => {
        const why = error.code === 'EADDRINUSE' ? 'it is in use' : messageOf(error);
        reject(
          new UserError(
            ExitCode.invalidConfig,
            `--ui: the live report cannot be served on port ${port}: ${why}`,
            'leave the port out, and a free one is taken',
          ),
        );
      });
      page.#server.listen(port, '127.0.0.1', resolve);
    });
    return page;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/`;
  }

  /** Takes the next line of the result. */
  add(line: ResultLine): void {
    if (line.kind === 'begin') {
      this.#begin = line;
      this.#tellAll();
    } else if (line.kind === 'second') this.#second(line);
    else if (this.#begin !== undefined) {
      this.#whole = pageData({ begin: this.#begin, seconds: this.#seconds, end: line });
      this.#tellAll();
    }
  }

  /** Lets browsers take what is written for them, and ends. */
  async close(): Promise<void> {
    for (const browser of this.#browsers) browser.end();
    const timer = setTimeout(() => this.#server.closeAllConnections(), limits.liveLingerMs);
    await new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
      this.#server.closeIdleConnections();
    });
    clearTimeout(timer);
  }

  #second(second: ResultSecond): void {
    this.#seconds.push(second);
    if (this.#seconds.length > limits.liveSeconds) this.#seconds.shift();
    const point = this.#points.point([second]);
    if (this.#browsers.size === 0) return;
    const each = Math.ceil(this.#seconds.length / limits.reportPoints);
    // A point of several seconds is new only when all of them are there.
    if (each > 1) {
      if (Math.round(second.t / 1_000) % each === 0) this.#tellAll();
      return;
    }
    this.#tell('second', { point, facts: this.#facts() });
  }

  #listen(response: ServerResponse): void {
    response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
    this.#browsers.add(response);
    response.on('close', () => this.#browsers.delete(response));
    response.flushHeaders();
    const data = this.#data();
    if (data !== undefined) this.#send(response, 'all', data);
  }

  #data(): PageData | undefined {
    if (this.#whole !== undefined || this.#begin === undefined) return this.#whole;
    return pageData({ begin: this.#begin, seconds: this.#seconds, end: undefined });
  }

  #facts(): PageData['facts'] {
    const failures = this.#seconds.flatMap((second) => second.failures ?? []);
    return attemptFacts(failures.slice(-limits.resultAttempts), this.#begin?.startedAt ?? 0);
  }

  #tellAll(): void {
    const data = this.#browsers.size === 0 ? undefined : this.#data();
    if (data !== undefined) this.#tell('all', data);
  }

  #tell(event: string, data: object): void {
    for (const browser of this.#browsers) this.#send(browser, event, data);
  }

  #send(browser: ServerResponse, event: string, data: object): void {
    if (browser.writableLength > limits.liveBufferedBytes) {
      browser.destroy();
      return;
    }
    browser.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
  }
}
