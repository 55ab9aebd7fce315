/** `k6/experimental/streams`: streams as browsers have them, as far as k6 has them too. */

type Settle = (value?: unknown) => void;

/** A promise and what settles it. */
interface Deferred {
  promise: Promise<unknown>;
  resolve: Settle;
  reject: Settle;
}

function deferred(): Deferred {
  const made = {} as Deferred;
  made.promise = new Promise<unknown>((resolve, reject) => {
    made.resolve = resolve;
    made.reject = reject;
  });
  // Who does not ask for it shall not hear of it.
  made.promise.catch(() => undefined);
  return made;
}

/** What `call` gives or throws, as a promise. */
async function attempt(call: () => unknown): Promise<unknown> {
  return call();
}

export interface QueuingStrategy {
  /** Sizes together above which no more is asked for. Default 1. */
  highWaterMark?: number;
  /** The size of a chunk. Default: each is 1. */
  size?: (chunk: unknown) => number;
}

/** Counts every chunk as 1. */
export class CountQueuingStrategy implements QueuingStrategy {
  readonly highWaterMark: number;
  readonly size: () => 1 = () => 1;
  constructor({ highWaterMark }: { highWaterMark: number }) {
    this.highWaterMark = Number(highWaterMark);
  }
}

/** Chunks that wait, with their sizes. */
class Queue {
  readonly #strategy: QueuingStrategy;
  readonly #highWaterMark: number;
  #items: { chunk: unknown; size: number }[] = [];
  #total = 0;

  constructor(strategy: QueuingStrategy | null | undefined) {
    this.#strategy = strategy ?? {};
    const mark = Number(this.#strategy.highWaterMark ?? 1);
    if (Number.isNaN(mark) || mark < 0) throw new RangeError('highWaterMark must not be negative');
    this.#highWaterMark = mark;
  }
  get length(): number {
    return this.#items.length;
  }
  /** How much more would be welcome; 0 or less when there is enough. */
  get room(): number {
    return this.#highWaterMark - this.#total;
  }
  push(chunk: unknown): void {
    const { size } = this.#strategy;
    const measured = size === undefined ? 1 : Number(size(chunk));
    if (!(measured >= 0 && measured < Infinity)) {
      throw new RangeError("the strategy's size() must give a number from 0");
    }
    this.#items.push({ chunk, size: measured });
    this.#total += measured;
  }
  get first(): unknown {
    return this.#items[0]?.chunk;
  }
  shift(): unknown {
    const { chunk, size } = this.#items.shift() as { chunk: unknown; size: number };
    this.#total = Math.max(0, this.#total - size);
    return chunk;
  }
  clear(): void {
    this.#items = [];
    this.#total = 0;
  }
}

// -- reading ---------------------------------------------------------------------------------------

export interface UnderlyingSource {
  /** Called at once. */
  start?: (controller: ReadableStreamDefaultController) => unknown;
  /** Called when more is wanted, and not again before its promise is settled. */
  pull?: (controller: ReadableStreamDefaultController) => unknown;
  cancel?: (reason: unknown) => unknown;
}
export type ReadResult = { value: unknown; done: boolean };

/** By what a source feeds its stream. */
export class ReadableStreamDefaultController {
  readonly #stream: ReadableCore;
  constructor(stream: ReadableCore) {
    this.#stream = stream;
  }
  /** How much more is wanted; null after an error. */
  get desiredSize(): number | null {
    return this.#stream.desiredSize;
  }
  enqueue(chunk?: unknown): void {
    this.#stream.enqueue(chunk);
  }
  close(): void {
    this.#stream.close();
  }
  error(reason?: unknown): void {
    this.#stream.fail(reason);
  }
}

/** What stream, reader and controller share. */
class ReadableCore {
  state: 'readable' | 'closed' | 'errored' = 'readable';
  reason: unknown;
  reader: ReadableStreamDefaultReader | undefined;
  /** Settled with the stream's end. */
  readonly end: Deferred = deferred();
  readonly #source: UnderlyingSource;
  readonly #queue: Queue;
  readonly #controller = new ReadableStreamDefaultController(this);
  #reads: Deferred[] = [];
  #closing = false;
  #started = false;
  #pulling = false;
  #pullAgain = false;

  constructor(source: UnderlyingSource, strategy: QueuingStrategy | null | undefined) {
    this.#source = source;
    this.#queue = new Queue(strategy);
    // What `start` throws is thrown by the constructor.
    const started = source.start?.(this.#controller);
    attempt(() => started).then(
      () => {
        this.#started = true;
        this.#pull();
      },
      (reason) => this.fail(reason),
    );
  }

  get desiredSize(): number | null {
    if (this.state === 'errored') return null;
    return this.state === 'closed' ? 0 : this.#queue.room;
  }

  #requireFeedable(action: string): void {
    if (this.state !== 'readable' || this.#closing) {
      throw new TypeError(`${action}: the stream is ${this.#closing ? 'closing' : this.state}`);
    }
  }

  enqueue(chunk: unknown): void {
    this.#requireFeedable('enqueue');
    const read = this.#reads.shift();
    if (read !== undefined) read.resolve({ value: chunk, done: false });
    else {
      try {
        this.#queue.push(chunk);
      } catch (thrown) {
        this.fail(thrown);
        throw thrown;
      }
    }
    this.#pull();
  }

  close(): void {
    this.#requireFeedable('close');
    this.#closing = true;
    if (this.#queue.length === 0) this.#finish();
  }

  #finish(): void {
    this.state = 'closed';
    this.end.resolve();
    for (const read of this.#reads.splice(0)) read.resolve({ value: undefined, done: true });
  }

  fail(reason: unknown): void {
    if (this.state !== 'readable') return;
    this.state = 'errored';
    this.reason = reason;
    this.#queue.clear();
    this.end.reject(reason);
    for (const read of this.#reads.splice(0)) read.reject(reason);
  }

  read(): Promise<unknown> {
    if (this.state === 'errored') return Promise.reject(this.reason);
    if (this.state === 'closed') return Promise.resolve({ value: undefined, done: true });
    if (this.#queue.length > 0) {
      const value = this.#queue.shift();
      if (this.#closing && this.#queue.length === 0) this.#finish();
      else this.#pull();
      return Promise.resolve({ value, done: false });
    }
    const read = deferred();
    this.#reads.push(read);
    this.#pull();
    return read.promise;
  }

  /** Reads that wait are told that their reader has gone. */
  dropReads(reason: unknown): void {
    for (const read of this.#reads.splice(0)) read.reject(reason);
  }

  async cancel(reason: unknown): Promise<void> {
    if (this.state === 'errored') throw this.reason;
    if (this.state === 'closed') return;
    this.#queue.clear();
    this.#finish();
    await this.#source.cancel?.(reason);
  }

  #pull(): void {
    if (!this.#started || this.#closing || this.state !== 'readable') return;
    if (this.#reads.length === 0 && this.#queue.room <= 0) return;
    if (this.#pulling) {
      this.#pullAgain = true;
      return;
    }
    if (this.#source.pull === undefined) return;
    this.#pulling = true;
    attempt(() => this.#source.pull?.(this.#controller)).then(
      () => {
        this.#pulling = false;
        if (!this.#pullAgain) return;
        this.#pullAgain = false;
        this.#pull();
      },
      (reason) => this.fail(reason),
    );
  }
}

/** Chunks that come one after the other, from a source. */
export class ReadableStream {
  readonly #core: ReadableCore;

  constructor(source?: UnderlyingSource | null, strategy?: QueuingStrategy | null) {
    const type = (source as { type?: unknown } | undefined)?.type;
    if (type !== undefined) {
      throw new RangeError(`ReadableStream: there are no streams of type '${String(type)}' here`);
    }
    this.#core = new ReadableCore(source ?? {}, strategy);
  }
  static coreOf(stream: ReadableStream): ReadableCore {
    return stream.#core;
  }
  /** Whether a reader has it. */
  get locked(): boolean {
    return this.#core.reader !== undefined;
  }
  /** Gives up what is left. */
  async cancel(reason?: unknown): Promise<void> {
    if (this.locked) throw new TypeError('cancel: the stream is locked to a reader');
    await this.#core.cancel(reason);
  }
  getReader(options?: { mode?: undefined }): ReadableStreamDefaultReader {
    if (options?.mode !== undefined) {
      throw new TypeError(`getReader: there is no mode '${String(options.mode)}' here`);
    }
    return new ReadableStreamDefaultReader(this);
  }
}

export class ReadableStreamDefaultReader {
  #core: ReadableCore | undefined;
  #closed: Promise<unknown>;

  constructor(stream: ReadableStream) {
    if (!(stream instanceof ReadableStream)) throw new TypeError('a reader needs a ReadableStream');
    if (stream.locked) throw new TypeError('the stream is locked to a reader already');
    this.#core = ReadableStream.coreOf(stream);
    this.#core.reader = this;
    this.#closed = this.#core.end.promise;
  }
  /** Settled when the stream ends. */
  get closed(): Promise<unknown> {
    return this.#closed;
  }
  /** The next chunk; `done` once there is none. */
  async read(): Promise<ReadResult> {
    return (await this.#held('read').read()) as ReadResult;
  }
  async cancel(reason?: unknown): Promise<void> {
    await this.#held('cancel').cancel(reason);
  }
  /** Lets others read the stream. */
  releaseLock(): void {
    const core = this.#core;
    if (core === undefined) return;
    const reason = new TypeError('the reader has released its stream');
    this.#core = undefined;
    core.reader = undefined;
    core.dropReads(reason);
    const gone = deferred();
    gone.reject(reason);
    this.#closed = gone.promise;
  }
  #held(action: string): ReadableCore {
    if (this.#core === undefined) throw new TypeError(`${action}: the reader has no stream`);
    return this.#core;
  }
}

// -- writing ---------------------------------------------------------------------------------------

export interface UnderlyingSink {
  start?: (controller: WritableStreamDefaultController) => unknown;
  /** Called for one chunk after the other. */
  write?: (chunk: unknown, controller: WritableStreamDefaultController) => unknown;
  close?: () => unknown;
  abort?: (reason: unknown) => unknown;
}

/** By what a sink ends its stream. */
export class WritableStreamDefaultController {
  readonly #stream: WritableCore;
  constructor(stream: WritableCore) {
    this.#stream = stream;
  }
  error(reason?: unknown): void {
    this.#stream.fail(reason);
  }
}

/** What stream, writer and controller share. */
class WritableCore {
  state: 'writable' | 'closing' | 'closed' | 'errored' = 'writable';
  writer: WritableStreamDefaultWriter | undefined;
  readonly end: Deferred = deferred();
  ready: Deferred = deferred();
  #reason: unknown;
  readonly #sink: UnderlyingSink;
  readonly #queue: Queue;
  #writes: Deferred[] = [];
  #busy = true;
  readonly #controller = new WritableStreamDefaultController(this);

  constructor(sink: UnderlyingSink, strategy: QueuingStrategy | null | undefined) {
    this.#sink = sink;
    this.#queue = new Queue(strategy);
    if (this.#queue.room > 0) this.ready.resolve();
    const started = sink.start?.(this.#controller);
    attempt(() => started).then(
      () => this.#idle(),
      (reason) => this.fail(reason),
    );
  }

  get desiredSize(): number | null {
    if (this.state === 'errored') return null;
    return this.state === 'closed' ? 0 : this.#queue.room;
  }

  async write(chunk: unknown): Promise<void> {
    this.#requireWritable('write');
    try {
      this.#queue.push(chunk);
    } catch (thrown) {
      this.fail(thrown);
      throw thrown;
    }
    if (this.#queue.room <= 0) this.ready = deferred();
    const written = deferred();
    this.#writes.push(written);
    this.#next();
    await written.promise;
  }

  async close(): Promise<void> {
    this.#requireWritable('close');
    this.state = 'closing';
    this.#next();
    await this.end.promise;
  }

  async abort(reason: unknown): Promise<void> {
    if (this.state === 'closed' || this.state === 'errored') return;
    this.fail(reason);
    await this.#sink.abort?.(reason);
  }

  fail(reason: unknown): void {
    if (this.state === 'closed' || this.state === 'errored') return;
    this.state = 'errored';
    this.#reason = reason;
    this.#queue.clear();
    this.end.reject(reason);
    this.ready.reject(reason);
    for (const written of this.#writes.splice(0)) written.reject(reason);
  }

  #requireWritable(action: string): void {
    if (this.state === 'errored') throw this.#reason;
    if (this.state !== 'writable') throw new TypeError(`${action}: the stream is ${this.state}`);
  }

  #idle(): void {
    this.#busy = false;
    this.#next();
  }

  /** Goes on with what is to be written, one at a time, and at last with closing. */
  #next(): void {
    if (this.state === 'errored' || this.state === 'closed') return;
    if (this.#queue.length > 0 && !this.#busy) {
      this.#busy = true;
      const written = this.#writes.shift() as Deferred;
      // It counts as waiting until the sink has it.
      const work = attempt(() => this.#sink.write?.(this.#queue.first, this.#controller));
      work.then(
        () => {
          if (this.state === 'errored') {
            written.reject(this.#reason);
            return;
          }
          this.#queue.shift();
          written.resolve();
          if (this.#queue.room > 0) this.ready.resolve();
          this.#idle();
        },
        (reason) => {
          written.reject(reason);
          this.fail(reason);
        },
      );
    } else if (this.state === 'closing' && !this.#busy) {
      this.#busy = true;
      attempt(() => this.#sink.close?.()).then(
        () => {
          if (this.state !== 'closing') return;
          this.state = 'closed';
          this.end.resolve();
        },
        (reason) => this.fail(reason),
      );
    }
  }
}

/** Takes chunks one after the other, to a sink. */
export class WritableStream {
  readonly #core: WritableCore;

  constructor(sink?: UnderlyingSink | null, strategy?: QueuingStrategy | null) {
    this.#core = new WritableCore(sink ?? {}, strategy);
  }
  static coreOf(stream: WritableStream): WritableCore {
    return stream.#core;
  }
  /** Whether a writer has it. */
  get locked(): boolean {
    return this.#core.writer !== undefined;
  }
  /** Ends it at once; what waits is lost. */
  async abort(reason?: unknown): Promise<void> {
    if (this.locked) throw new TypeError('abort: the stream is locked to a writer');
    await this.#core.abort(reason);
  }
  /** Ends it when all is written. */
  async close(): Promise<void> {
    if (this.locked) throw new TypeError('close: the stream is locked to a writer');
    await this.#core.close();
  }
  getWriter(): WritableStreamDefaultWriter {
    return new WritableStreamDefaultWriter(this);
  }
}

export class WritableStreamDefaultWriter {
  #core: WritableCore | undefined;
  #gone: Promise<unknown> | undefined;

  constructor(stream: WritableStream) {
    if (!(stream instanceof WritableStream)) throw new TypeError('a writer needs a WritableStream');
    if (stream.locked) throw new TypeError('the stream is locked to a writer already');
    this.#core = WritableStream.coreOf(stream);
    this.#core.writer = this;
  }
  /** Settled when the stream ends. */
  get closed(): Promise<unknown> {
    return this.#gone ?? this.#held('closed').end.promise;
  }
  /** Fulfilled when more is welcome. */
  get ready(): Promise<unknown> {
    return this.#gone ?? this.#held('ready').ready.promise;
  }
  /** How much more is welcome; null after an error. */
  get desiredSize(): number | null {
    return this.#held('desiredSize').desiredSize;
  }
  /** Fulfilled when the sink has taken the chunk. */
  async write(chunk?: unknown): Promise<void> {
    await this.#held('write').write(chunk);
  }
  async close(): Promise<void> {
    await this.#held('close').close();
  }
  async abort(reason?: unknown): Promise<void> {
    await this.#held('abort').abort(reason);
  }
  /** Lets others write to the stream. */
  releaseLock(): void {
    const core = this.#core;
    if (core === undefined) return;
    this.#core = undefined;
    core.writer = undefined;
    const gone = deferred();
    gone.reject(new TypeError('the writer has released its stream'));
    this.#gone = gone.promise;
  }
  #held(action: string): WritableCore {
    if (this.#core === undefined) throw new TypeError(`${action}: the writer has no stream`);
    return this.#core;
  }
}

const streams: {
  CountQueuingStrategy: typeof CountQueuingStrategy;
  ReadableStream: typeof ReadableStream;
  ReadableStreamDefaultReader: typeof ReadableStreamDefaultReader;
  WritableStream: typeof WritableStream;
  WritableStreamDefaultWriter: typeof WritableStreamDefaultWriter;
} = {
  CountQueuingStrategy,
  ReadableStream,
  ReadableStreamDefaultReader,
  WritableStream,
  WritableStreamDefaultWriter,
};
export default streams;
