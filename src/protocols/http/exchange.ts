import { ErrorCode } from '../../../runtime/contract/error-codes.ts';
import type { Phase } from '../../attempts/cause.ts';
import type { Clock } from '../../clock.ts';
import { limits } from '../../limits.ts';
import { type Connection, noPeer, type Peer } from './connection.ts';
import { classify, Failure } from './failure.ts';
import type { Pool } from './pool.ts';
import type { Target } from './target.ts';

/** What goes on the wire. */
export interface Message {
  readonly method: string;
  readonly target: Target;
  /** Names and values in turn. */
  readonly headers: readonly string[];
  readonly body: Uint8Array | undefined;
}

/** What the script asked for, before any redirect; its headers are those of the first message, once that is made. */
export interface Asked extends Omit<Message, 'headers'> {
  headers: readonly string[];
}

/** Where the answer to a message goes. */
export interface ExchangeOwner {
  ended(exchange: Exchange): void;
  /** An idle connection was closed as it was used; the message is about to be sent over another. */
  stale(exchange: Exchange): void;
}

const replayable = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE']);
const idlePeerGone = new Set(['UND_ERR_SOCKET', 'ECONNRESET', 'EPIPE']);

/**
 * One message and its answer: undici's handler object, which stamps the phases as they happen. Times
 * are those of the clock, in milliseconds; `end` is set when the owner is told, exactly once.
 */
export class Exchange {
  readonly message: Message;
  status = 0;
  statusText = '';
  /** Names and values in turn, as they came. */
  rawHeaders: readonly Buffer[] = [];
  chunks: Buffer[] = [];
  bodyBytes = 0;
  failure: Failure | undefined;

  dns = 0;
  connecting = 0;
  tls = 0;
  end = 0;
  /** How long the connection had been idle, when it was not made for this message. */
  idleMs: number | undefined;
  peer: Peer = noPeer;

  readonly #owner: ExchangeOwner;
  readonly #clock: Clock;
  readonly #pool: Pool;
  readonly #keepBody: boolean;
  readonly #reset: boolean;
  #connection: Connection | undefined;
  #abort: ((error?: Error) => void) | undefined;
  #start = 0;
  #gotConnection = 0;
  #written = 0;
  #firstByte = 0;
  #reused = false;
  #retried = false;
  #over = false;

  constructor(
    owner: ExchangeOwner,
    clock: Clock,
    pool: Pool,
    message: Message,
    keepBody: boolean,
    reset: boolean,
  ) {
    this.#owner = owner;
    this.#clock = clock;
    this.#pool = pool;
    this.message = message;
    this.#keepBody = keepBody;
    this.#reset = reset;
  }

  /** Sends the message. Failures come back through the owner, also those undici finds at once. */
  send(): void {
    const { message } = this;
    this.#start ||= this.#clock.now();
    const connection = this.#pool.take(message.target);
    this.#connection = connection;
    this.#reused = connection.served > 0;
    this.idleMs = this.#reused ? this.#clock.now() - connection.idleSince : undefined;
    this.#abort = undefined;
    connection.send(
      {
        path: message.target.path,
        method: message.method as 'GET',
        headers: message.headers as string[],
        body: message.body ?? null,
        // undici would close the connection after HEAD and after a GET with a body.
        reset: this.#reset,
        servername: message.target.hostname,
      } as Parameters<Connection['send']>[0],
      this,
    );
  }

  /** Gives up; the owner is told with this failure. */
  cancel(failure: Failure): void {
    if (this.#over) return;
    this.failure = failure;
    // Before the request is written there is no socket to abort on: the dial itself must end.
    this.#connection?.end(failure);
    this.#finish(false);
  }

  get start(): number {
    return this.#start;
  }
  /** When the last byte was handed to the system, 0 if it never was. */
  get written(): number {
    return this.#written;
  }
  /** When the first byte of the answer came, 0 if none did. */
  get firstByte(): number {
    return this.#firstByte;
  }
  /** How far it came. */
  get phase(): Phase {
    if (this.#gotConnection === 0) return this.#connection?.dialPhase ?? 'connect';
    if (this.#written === 0) return 'send';
    if (this.#firstByte === 0) return 'wait';
    return this.failure === undefined ? 'done' : 'receive';
  }

  get blocked(): number {
    return (this.#gotConnection || this.end) - this.#start;
  }
  /** Until the last byte was handed to the system; an early answer ends it too. */
  get sending(): number {
    if (this.#gotConnection === 0) return 0;
    return Math.max(0, this.#sentAt() - this.#gotConnection);
  }
  get waiting(): number {
    if (this.#gotConnection === 0) return 0;
    return Math.max(0, (this.#firstByte || this.end) - this.#sentAt());
  }
  get receiving(): number {
    return this.#firstByte === 0 ? 0 : this.end - this.#firstByte;
  }
  get duration(): number {
    return this.sending + this.waiting + this.receiving;
  }

  #sentAt(): number {
    return Math.min(this.#written || this.end, this.#firstByte || this.end);
  }

  /** The first value of a header; the name in lower case. */
  header(name: string): string | undefined {
    return this.headerValues(name)[0];
  }
  headerValues(name: string): string[] {
    const { rawHeaders } = this;
    const values: string[] = [];
    for (let index = 0; index < rawHeaders.length; index += 2) {
      const key = rawHeaders[index] as Buffer;
      if (key.length === name.length && key.toString('latin1').toLowerCase() === name) {
        values.push((rawHeaders[index + 1] as Buffer).toString('latin1'));
      }
    }
    return values;
  }

  /** The whole body as one block. */
  body(): Buffer {
    const { chunks } = this;
    return chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks);
  }

  // undici's side ------------------------------------------------------------------------------

  onConnect(abort: (error?: Error) => void): void {
    this.#gotConnection = this.#clock.now();
    this.#abort = abort;
    const connection = this.#connection as Connection;
    this.connecting = connection.connectingMs;
    this.tls = connection.tlsMs;
    this.dns = connection.dnsMs;
    if (this.connecting > 0 || this.tls > 0) {
      this.#reused = false;
      this.idleMs = undefined;
    }
  }

  onRequestSent(): void {
    const socket = this.#connection?.socket;
    if (socket?.writableNeedDrain !== true) this.#written = this.#clock.now();
    else {
      // A large body is with Node, not yet with the system.
      socket.once('drain', () => {
        if (!this.#over) this.#written = this.#clock.now();
      });
    }
  }

  onResponseStarted(): void {
    this.#firstByte ||= this.#clock.now();
  }

  onHeaders(status: number, headers: Buffer[], _resume: () => void, statusText: string): boolean {
    if (status < 200) return true;
    this.status = status;
    this.statusText = statusText;
    this.rawHeaders = headers;
    return true;
  }

  onData(chunk: Buffer): boolean {
    this.bodyBytes += chunk.length;
    if (!this.#keepBody) return true;
    if (this.bodyBytes > limits.responseBodyBytes) {
      this.#abort?.(
        new Failure(
          ErrorCode.other,
          `the response body is larger than ${limits.responseBodyBytes} bytes; set responseType: 'none' to read and drop it`,
          undefined,
          'answer-too-large',
        ),
      );
      return true;
    }
    this.chunks.push(chunk);
    return true;
  }

  onComplete(): void {
    this.#finish(true);
  }

  onError(error: Error): void {
    if (this.#over) return;
    if (
      this.#reused &&
      !this.#retried &&
      this.#firstByte === 0 &&
      replayable.has(this.message.method) &&
      idlePeerGone.has((error as NodeJS.ErrnoException).code ?? '')
    ) {
      // The server closed an idle connection just as we wrote on it: as in k6 that is no answer.
      this.#retried = true;
      this.failure = classify(error, false, this.phase);
      this.end = this.#clock.now();
      this.#pool.release(this.#connection as Connection, false);
      this.#owner.stale(this);
      this.failure = undefined;
      this.end = 0;
      this.#gotConnection = 0;
      this.#written = 0;
      this.send();
      return;
    }
    this.failure = classify(error, this.status > 0, this.phase);
    this.#finish(false);
  }

  #finish(complete: boolean): void {
    if (this.#over) return;
    this.#over = true;
    this.end = this.#clock.now();
    const connection = this.#connection as Connection;
    this.peer = connection.peer;
    this.#pool.release(connection, complete);
    this.#owner.ended(this);
  }
}
