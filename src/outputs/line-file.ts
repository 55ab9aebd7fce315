import { createWriteStream } from 'node:fs';
import { open } from 'node:fs/promises';
import type { Writable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { setImmediate, setTimeout } from 'node:timers/promises';
import { createGzip } from 'node:zlib';
import { ExitCode, messageOf, UserError } from '../errors.ts';
import { limits } from '../limits.ts';
import type { OutputIo } from './output.ts';

/** Items turned into text at a time: enough to be quick, few enough that others get their turn. */
const stride = 512;

/** Items that become text when the file takes them. */
export interface LineSource {
  readonly length: number;
  /** The text of the items `from` to `to` (exclusive). */
  lines(from: number, to: number): string;
}

export interface LineFileOptions {
  /** How users call the format: `json`. */
  format: string;
  /** What an item is, in the plural: `samples`. */
  items: string;
  /** A file, compressed when its name ends in `.gz`, or `-` for standard output. */
  path: string;
  /** What stands before the first item; empty when nothing does. */
  header: string;
  /** How long items are gathered before they are written, in milliseconds; 0: not at all. */
  intervalMs: number;
  /** Items that may wait. */
  queued: number;
}

/**
 * A file of lines that never holds anybody up: items wait as they came, at most so many, and become text
 * only as fast as the file takes it. What found no room and what could not be written is counted.
 */
export class LineFile {
  readonly #options: LineFileOptions;
  readonly #io: Pick<OutputIo, 'stdout' | 'log'>;
  readonly #queue: LineSource[] = [];
  #queued = 0;
  #pumpedAt = Number.NEGATIVE_INFINITY;
  #written = 0;
  /** Items a slow file left no room for. */
  #dropped = 0;
  /** Items that never reached the file because writing failed. */
  #unwritten = 0;
  #failure: string | undefined;
  #sink: Writable | undefined;
  /** Every stream on the way, to be watched for errors and ended; stdout is only watched. */
  #streams: Writable[] = [];
  #pumping: Promise<void> | undefined;
  readonly #onError = (error: Error) => this.#fail(error);

  constructor(options: LineFileOptions, io: Pick<OutputIo, 'stdout' | 'log'>) {
    this.#options = options;
    this.#io = io;
  }

  get #label(): string {
    return `the ${this.#options.format} output`;
  }

  get #name(): string {
    const { path } = this.#options;
    return path === '-' ? 'standard output' : `'${path}'`;
  }

  async start(): Promise<void> {
    const { path, format, header } = this.#options;
    if (path === '-') {
      this.#sink = this.#io.stdout as Writable;
      this.#streams = [this.#sink];
    } else {
      const handle = await open(path, 'w').catch((error: unknown) => {
        throw new UserError(
          ExitCode.invalidConfig,
          `${this.#label} cannot write to '${path}': ${messageOf(error)}`,
          `name a file in a directory that exists and may be written to, e.g. --out ${format}=results.${format}`,
        );
      });
      const file = createWriteStream(path, { fd: handle });
      const gzip = path.endsWith('.gz') ? createGzip() : undefined;
      gzip?.pipe(file);
      this.#sink = gzip ?? file;
      this.#streams = gzip === undefined ? [file] : [gzip, file];
    }
    for (const stream of this.#streams) stream.on('error', this.#onError);
    if (header !== '') this.#sink.write(header);
  }

  /** Takes items, or counts them as left out. */
  push(source: LineSource): void {
    const { length } = source;
    if (this.#failure !== undefined) this.#unwritten += length;
    else if (this.#queued + length > this.#options.queued) this.drop(length);
    else {
      this.#queue.push(source);
      this.#queued += length;
    }
  }

  /** Writes what waits, when it is time to. */
  write(): void {
    // However long the interval, nothing is lost for want of room while a file would take it.
    if (this.#queued < this.#options.queued / 2) {
      const now = performance.now();
      if (now - this.#pumpedAt < this.#options.intervalMs) return;
      this.#pumpedAt = now;
    }
    this.#startPump();
  }

  #startPump(): void {
    this.#pumping ??= this.#pump()
      .catch(this.#onError)
      .finally(() => {
        this.#pumping = undefined;
      });
  }

  /** Counts items that are left out for want of room. */
  drop(count: number): void {
    if (count > 0 && this.#dropped === 0) {
      const message = `${this.#label} to ${this.#name} is too slow for the load; ${this.#options.items} are being left out`;
      this.#io.log({ level: 'warning', time: Date.now(), message });
    }
    this.#dropped += count;
  }

  async #pump(): Promise<void> {
    for (let next = this.#queue.shift(); next !== undefined; next = this.#queue.shift()) {
      const { length } = next;
      for (let from = 0; from < length && this.#failure === undefined; from += stride) {
        const to = Math.min(length, from + stride);
        const flowing = this.#sink?.write(next.lines(from, to));
        this.#queued -= to - from;
        this.#written += to - from;
        if (flowing === false && !this.#sink?.destroyed) await this.#drained();
        else await setImmediate();
      }
    }
  }

  /** Resolves when the file takes more, or never will. */
  #drained(): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        for (const stream of this.#streams) {
          for (const event of ['drain', 'error', 'close']) stream.off(event, done);
        }
        resolve();
      };
      this.#sink?.once('drain', done);
      for (const stream of this.#streams) stream.once('error', done).once('close', done);
    });
  }

  #fail(error: Error): void {
    if (this.#failure !== undefined) return;
    this.#failure = messageOf(error);
    this.#unwritten += this.#queued;
    this.#queued = 0;
    this.#queue.length = 0;
    const message = `${this.#label} cannot write to ${this.#name} any more: ${this.#failure}; the test goes on without it`;
    this.#io.log({ level: 'error', time: Date.now(), message });
  }

  /** Writes what is left and closes. Never throws. */
  async stop(): Promise<void> {
    const sink = this.#sink;
    if (sink === undefined) return;
    const closed = this.#finish(sink).catch(this.#onError);
    if (await this.#stalls(closed)) {
      this.#fail(new Error(`it took nothing for ${limits.outputStallMs / 1_000} seconds`));
    }
    const { path } = this.#options;
    if (this.#failure !== undefined && path !== '-') {
      for (const stream of this.#streams) stream.destroy();
    }
    if (path === '-') sink.off('error', this.#onError);
    this.#sink = undefined;
  }

  async #finish(sink: Writable): Promise<void> {
    this.#startPump();
    await this.#pumping;
    if (this.#failure !== undefined) return;
    if (this.#options.path === '-') {
      await new Promise((resolve) => sink.write('', resolve));
      return;
    }
    const ended = Promise.all(this.#streams.map((stream) => finished(stream, { readable: false })));
    sink.end();
    await ended;
  }

  /** True when `closed` does not come about and nothing moves for `limits.outputStallMs`. */
  async #stalls(closed: Promise<void>): Promise<boolean> {
    const progress = () => [this.#written, ...this.#streams.map((s) => s.writableLength)].join();
    for (let before = ''; before !== progress(); ) {
      before = progress();
      const stop = new AbortController();
      const late = setTimeout(limits.outputStallMs, true, { signal: stop.signal }).catch(
        () => true,
      );
      const stalled = await Promise.race([closed.then(() => false), late]);
      stop.abort();
      if (!stalled) return false;
    }
    return true;
  }

  /** A sentence about items that did not arrive, or undefined. */
  get problem(): string | undefined {
    const { items } = this.#options;
    const parts: string[] = [];
    if (this.#dropped > 0) parts.push(`${this.#dropped} ${items} left out because it was too slow`);
    if (this.#failure !== undefined) {
      parts.push(`it failed (${this.#failure}), ${this.#unwritten} ${items} or more not written`);
    }
    if (parts.length === 0) return undefined;
    return `${this.#label} to ${this.#name} is incomplete: ${parts.join('; ')}`;
  }
}
