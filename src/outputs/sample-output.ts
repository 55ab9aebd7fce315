import { createWriteStream } from 'node:fs';
import { open } from 'node:fs/promises';
import type { Writable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { setImmediate, setTimeout } from 'node:timers/promises';
import { createGzip } from 'node:zlib';
import { ExitCode, messageOf, UserError } from '../errors.ts';
import { limits } from '../limits.ts';
import type { MetricsBatch, RawChunk } from '../metrics/batch.ts';
import type { Output, OutputIo } from './output.ts';

/** Samples turned into text at a time: enough to be quick, few enough that others get their turn. */
const stride = 512;

/** Makes text of samples: what one format is to a `SampleOutput`. */
export interface SampleWriter {
  /** How users call the format: `json`. */
  readonly format: string;
  /** What stands before the first sample; empty when nothing does. */
  readonly header: string;
  /** Learns the series of a batch. */
  define(batch: MetricsBatch): void;
  /** The text of the samples `from` to `to` (exclusive) of a chunk whose series are known. */
  lines(source: number, chunk: RawChunk, from: number, to: number): string;
}

export interface SampleTarget {
  /** A file, compressed when its name ends in `.gz`, or `-` for standard output. */
  path: string;
  /** How long samples are gathered before they are written, in milliseconds; 0: not at all. */
  intervalMs: number;
}

/**
 * Writes every sample as text. Samples wait as numbers, at most `limits.outputQueuedSamples`, and
 * become text only as fast as the file takes it.
 */
export class SampleOutput implements Output {
  readonly #path: string;
  readonly #io: OutputIo;
  readonly #writer: SampleWriter;
  readonly #intervalMs: number;
  readonly #queue: { source: number; chunk: RawChunk }[] = [];
  #queued = 0;
  #pumpedAt = Number.NEGATIVE_INFINITY;
  #written = 0;
  /** Samples a slow file left no room for. */
  #dropped = 0;
  /** Samples that never reached the file because writing failed. */
  #unwritten = 0;
  #failure: string | undefined;
  #sink: Writable | undefined;
  /** Every stream on the way, to be watched for errors and ended; stdout is only watched. */
  #streams: Writable[] = [];
  #pumping: Promise<void> | undefined;
  readonly #onError = (error: Error) => this.#fail(error);

  constructor(target: SampleTarget, writer: SampleWriter, io: OutputIo) {
    this.#path = target.path;
    this.#intervalMs = target.intervalMs;
    this.#writer = writer;
    this.#io = io;
  }

  get #label(): string {
    return `the ${this.#writer.format} output`;
  }

  get #name(): string {
    return this.#path === '-' ? 'standard output' : `'${this.#path}'`;
  }

  async start(): Promise<void> {
    const { format, header } = this.#writer;
    if (this.#path === '-') {
      this.#sink = this.#io.stdout as Writable;
      this.#streams = [this.#sink];
    } else {
      const handle = await open(this.#path, 'w').catch((error: unknown) => {
        throw new UserError(
          ExitCode.invalidConfig,
          `${this.#label} cannot write to '${this.#path}': ${messageOf(error)}`,
          `name a file in a directory that exists and may be written to, e.g. --out ${format}=results.${format}`,
        );
      });
      const file = createWriteStream(this.#path, { fd: handle });
      const gzip = this.#path.endsWith('.gz') ? createGzip() : undefined;
      gzip?.pipe(file);
      this.#sink = gzip ?? file;
      this.#streams = gzip === undefined ? [file] : [gzip, file];
    }
    for (const stream of this.#streams) stream.on('error', this.#onError);
    if (header !== '') this.#sink.write(header);
  }

  add(batch: MetricsBatch): void {
    this.#writer.define(batch);
    if (batch.raw === undefined) return;
    this.#drop(batch.raw.dropped);
    for (const chunk of batch.raw.chunks) {
      const length = chunk.times.length;
      if (this.#failure !== undefined) this.#unwritten += length;
      else if (this.#queued + length > limits.outputQueuedSamples) this.#drop(length);
      else {
        this.#queue.push({ source: batch.source, chunk });
        this.#queued += length;
      }
    }
    // However long the interval, samples are not lost for want of room while a file would take them.
    if (this.#queued < limits.outputQueuedSamples / 2) {
      const now = performance.now();
      if (now - this.#pumpedAt < this.#intervalMs) return;
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

  #drop(samples: number): void {
    if (samples > 0 && this.#dropped === 0) {
      const message = `${this.#label} to ${this.#name} is too slow for the load; samples are being left out`;
      this.#io.log({ level: 'warning', time: Date.now(), message });
    }
    this.#dropped += samples;
  }

  async #pump(): Promise<void> {
    for (let next = this.#queue.shift(); next !== undefined; next = this.#queue.shift()) {
      const length = next.chunk.times.length;
      for (let from = 0; from < length && this.#failure === undefined; from += stride) {
        const to = Math.min(length, from + stride);
        const flowing = this.#sink?.write(this.#writer.lines(next.source, next.chunk, from, to));
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

  async stop(): Promise<void> {
    const sink = this.#sink;
    if (sink === undefined) return;
    const closed = this.#finish(sink).catch(this.#onError);
    if (await this.#stalls(closed)) {
      this.#fail(new Error(`it took nothing for ${limits.outputStallMs / 1_000} seconds`));
    }
    if (this.#failure !== undefined && this.#path !== '-') {
      for (const stream of this.#streams) stream.destroy();
    }
    if (this.#path === '-') sink.off('error', this.#onError);
    this.#sink = undefined;
  }

  async #finish(sink: Writable): Promise<void> {
    this.#startPump();
    await this.#pumping;
    if (this.#failure !== undefined) return;
    if (this.#path === '-') {
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

  get problem(): string | undefined {
    const parts: string[] = [];
    if (this.#dropped > 0) parts.push(`${this.#dropped} samples left out because it was too slow`);
    if (this.#failure !== undefined) {
      parts.push(`it failed (${this.#failure}), ${this.#unwritten} samples or more not written`);
    }
    if (parts.length === 0) return undefined;
    return `${this.#label} to ${this.#name} is incomplete: ${parts.join('; ')}`;
  }
}
