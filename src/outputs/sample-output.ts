import { limits } from '../limits.ts';
import type { MetricsBatch, RawChunk } from '../metrics/batch.ts';
import { LineFile } from './line-file.ts';
import type { Output, OutputIo } from './output.ts';

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

/** Writes every sample as text. */
export class SampleOutput implements Output {
  readonly wantsRaw = true;
  readonly #writer: SampleWriter;
  readonly #file: LineFile;

  constructor(target: SampleTarget, writer: SampleWriter, io: OutputIo) {
    this.#writer = writer;
    const { format, header } = writer;
    const queued = limits.outputQueuedSamples;
    this.#file = new LineFile({ ...target, format, header, items: 'samples', queued }, io);
  }

  start(): Promise<void> {
    return this.#file.start();
  }

  add(batch: MetricsBatch): void {
    const { source, raw } = batch;
    this.#writer.define(batch);
    if (raw === undefined) return;
    this.#file.drop(raw.dropped);
    for (const chunk of raw.chunks) {
      this.#file.push({
        length: chunk.times.length,
        lines: (from, to) => this.#writer.lines(source, chunk, from, to),
      });
    }
    this.#file.write();
  }

  stop(): Promise<void> {
    return this.#file.stop();
  }

  get problem(): string | undefined {
    return this.#file.problem;
  }
}
