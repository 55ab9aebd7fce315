import { closeSync, mkdirSync, openSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { constants, createGzip, type Gzip } from 'node:zlib';
import type { Attempt, AttemptsBatch } from '../attempts/contract.ts';
import { messageOf } from '../errors.ts';
import type { HealthSecond } from '../health/contract.ts';
import { limits } from '../limits.ts';
import type { MetricsBatch } from '../metrics/batch.ts';
import { createSink, mergeDelta, type Sink } from '../metrics/sinks.ts';
import {
  type GaugeOfSecond,
  partsOf,
  type ResultBegin,
  type ResultEnd,
  type ResultLine,
  type ResultSecond,
  type SumOfSecond,
  type TrendOfSecond,
} from './contract.ts';
import { packTrend } from './packed-trend.ts';

/**
 * Writes a run's result as it goes: what shards hand over is merged until the second ends, then it is a
 * line. A file that cannot be written is told of once, and the run goes on.
 */
export class ResultWriter {
  readonly #path: string | undefined;
  readonly #listener: ((line: ResultLine) => void) | undefined;
  #begun = false;
  #file: number | undefined;
  #gzip: Gzip | undefined;
  #failure: string | undefined;
  #sinks = new Map<string, Sink>();
  /** By source and series id: which part of which metric it counts for. */
  readonly #partOf = new Map<number, ({ metric: string; part: string } | undefined)[]>();
  #parts: Record<string, Record<string, number>> = {};
  #failures: Attempt[] = [];
  readonly #partNames = new Map<string, Set<string>>();

  /** Without a path there is no file; `listener` is told each line. */
  constructor(path: string | undefined, listener?: (line: ResultLine) => void) {
    this.#path = path;
    this.#listener = listener;
  }

  /** A sentence when something is missing from the file. */
  get problem(): string | undefined {
    return this.#failure === undefined
      ? undefined
      : `the result file '${this.#path}' is incomplete: ${this.#failure}`;
  }

  begin(begin: ResultBegin): void {
    if (this.#path !== undefined) this.#open(this.#path);
    // A file that cannot be written is no reason to tell nobody.
    this.#begun = this.#gzip !== undefined || this.#listener !== undefined;
    this.#line(begin);
  }

  #open(path: string): void {
    try {
      mkdirSync(dirname(path), { recursive: true });
      this.#file = openSync(path, 'w');
    } catch (thrown) {
      this.#failure = messageOf(thrown);
      return;
    }
    this.#gzip = createGzip({ level: 6 });
    this.#gzip.on('data', (chunk: Buffer) => this.#write(chunk));
  }

  add(batch: MetricsBatch): void {
    if (!this.#begun) return;
    for (const { id, metric, tags } of batch.newSeries) {
      const names = partsOf[metric.name];
      if (names === undefined) continue;
      const values = Object.fromEntries(tags);
      const part = names.map((name) => values[name] ?? '').join('/');
      let ofSource = this.#partOf.get(batch.source);
      if (ofSource === undefined) this.#partOf.set(batch.source, (ofSource = []));
      ofSource[id] = { metric: metric.name, part: this.#partName(metric.name, part) };
    }
    const ofSource = this.#partOf.get(batch.source);
    const { ids, sums, counts } = batch.series;
    for (let i = 0; i < ids.length; i++) {
      const target = ofSource?.[ids[i] as number];
      if (target === undefined) continue;
      const { metric, part } = target;
      const parts = (this.#parts[metric] ??= {});
      // Of checks the failed ones are of interest, of all else how many.
      const value =
        metric === 'checks' ? (counts[i] as number) - (sums[i] as number) : (sums[i] as number);
      if (value !== 0) parts[part] = (parts[part] ?? 0) + value;
    }
    for (const { metric, submetric, delta } of batch.sinks) {
      const name = submetric ?? metric.name;
      let sink = this.#sinks.get(name);
      if (sink === undefined) {
        if (this.#sinks.size >= limits.resultMetrics) continue;
        sink = createSink(metric.kind, metric.contains);
        this.#sinks.set(name, sink);
      }
      mergeDelta(sink, delta);
    }
  }

  addAttempts({ attempts }: AttemptsBatch): void {
    for (const attempt of attempts) {
      if (!attempt.failed) continue;
      if (this.#failures.length >= limits.resultFailuresPerSecond) return;
      this.#failures.push(attempt);
    }
  }

  /** Ends a second: `t` milliseconds after the start. */
  second(t: number, health: HealthSecond | undefined): void {
    if (!this.#begun) return;
    const sums: Record<string, SumOfSecond> = {};
    const gauges: Record<string, GaugeOfSecond> = {};
    const trends: Record<string, TrendOfSecond> = {};
    for (const [name, sink] of this.#sinks) {
      const delta = sink.take();
      if (delta === undefined) continue;
      if (delta.kind === 'sum') sums[name] = [delta.count, delta.sum];
      else if (delta.kind === 'gauge') gauges[name] = [delta.value, delta.min, delta.max];
      else trends[name] = [delta.count, delta.sum, delta.min, delta.max, packTrend(delta)];
    }
    const second: ResultSecond = {
      kind: 'second',
      t: Math.round(t),
      sums,
      gauges,
      trends,
      parts: this.#parts,
      ...(health && { health }),
      ...(this.#failures.length > 0 && { failures: this.#failures }),
    };
    this.#parts = {};
    this.#failures = [];
    this.#line(second);
  }

  /** Writes the last line and closes the file. */
  async end(end: ResultEnd): Promise<void> {
    if (!this.#begun) return;
    this.#line(end);
    const gzip = this.#gzip;
    if (gzip === undefined) return;
    await new Promise<void>((resolve) => {
      gzip.once('end', resolve).once('error', () => resolve());
      gzip.end();
    });
    this.close();
  }

  /** Gives the file up as it is. */
  close(): void {
    if (this.#file !== undefined) closeSync(this.#file);
    this.#file = undefined;
    this.#gzip = undefined;
    this.#begun = false;
  }

  #line(line: ResultLine): void {
    this.#listener?.(line);
    this.#gzip?.write(`${JSON.stringify(line)}\n`);
    // What is out survives whatever becomes of this process.
    this.#gzip?.flush(constants.Z_SYNC_FLUSH);
  }

  #write(chunk: Buffer): void {
    if (this.#file === undefined || this.#failure !== undefined) return;
    try {
      writeSync(this.#file, chunk);
    } catch (thrown) {
      this.#failure = messageOf(thrown);
    }
  }

  /** A name with too many parts has the further ones counted as one. */
  #partName(metric: string, part: string): string {
    let names = this.#partNames.get(metric);
    if (names === undefined) this.#partNames.set(metric, (names = new Set()));
    if (names.has(part)) return part;
    if (names.size >= limits.resultParts) return '__other__';
    names.add(part);
    return part;
  }
}
