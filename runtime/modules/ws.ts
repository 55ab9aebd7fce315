/** `vurun/ws`: sessions over WebSockets, written from top to bottom: connect, expect, answer, close. */
import {
  Delivery,
  Mail,
  Op,
  WsDialect,
  type WsEnd,
  type WsHandshakeDetails,
} from '../contract/ops.ts';
import type { Duration } from '../contract/options.ts';
import { stray } from '../errors.ts';
import { durationMs, shown, type Tags, tagsJson } from '../globals/arguments.ts';
import { domException } from '../globals/dom-exception.ts';
import { type BufferSource, bufferOf, bytesOf, decodeUtf8, encodeUtf8 } from '../globals/text.ts';
import { startTimer, stopTimer } from '../globals/timers.ts';
import { callRoot, crosses, listen, mail, nextId, onFreshStart, op, outsideInit } from '../host.ts';
import type { Backoff } from './backoff.ts';
import type { Limit } from './limits.ts';
import type { OAuth, UserOAuth } from './oauth.ts';
import { hearSockets } from './socket-deliveries.ts';

/** How long each phase may take, from where it begins. Default 60s each; the first message has no bound. */
export interface Timeouts {
  /** Until the name has an address. */
  dns?: Duration;
  /** Until there is a TCP connection. */
  connect?: Duration;
  tls?: Duration;
  /** Until the upgrade is answered. */
  upgrade?: Duration;
  /** From the answer to the first message of the peer. */
  firstMessage?: Duration;
}
export interface PingOptions {
  /** A ping is sent this often. */
  every: Duration;
  /** A ping that is not answered within this ends the session. Default as long as `every`. */
  timeout?: Duration;
}
export interface ConnectOptions {
  /** Sent with the upgrade. */
  headers?: Record<string, string | string[]>;
  /** Subprotocols to offer, the first choice first. */
  subprotocols?: string | readonly string[];
  timeouts?: Timeouts;
  /** Pings of our own. Those of the peer are always answered. */
  ping?: PingOptions;
  /** Headers of the answer that identify it, besides those of the option `idHeaders`. */
  idHeaders?: readonly string[];
  /** Stands for the URL in the tags `name` and `url`, so that URLs with ids share a series. */
  name?: string;
  /** Added to every sample of this session. */
  tags?: Tags;
  /** 'deflate' offers permessage-deflate. Default none. */
  compression?: 'deflate' | '';
  /** What to do when it does not open: without it nothing. The timeouts are for each attempt. */
  retry?: Backoff;
  /** A token of vurun/oauth, sent as `Authorization: Bearer`. */
  auth?: OAuth | UserOAuth;
  /** Bounds to wait for before each attempt, in this order; `limits.concurrent` lasts until the end. */
  limit?: Limit | readonly Limit[];
  /**
   * The session outlives the iteration, and ends with its VU's scenario at the latest. What comes between
   * two iterations waits for the next: up to 1,000 messages or 1 MiB, above which the socket is not read.
   * Pings of the peer are answered all the while, but for those behind what is not read yet.
   */
  keep?: boolean;
}

/** The answer to the upgrade. */
export type Handshake = WsHandshakeDetails;
/** How a session ended, or why it did not open. */
export type SessionEnd = WsEnd;
/** The value of a message that is a JSON object or list; the text of any other; bytes. */
// oxlint-disable-next-line typescript/no-explicit-any -- what a peer sends has no type; scripts say what they expect.
export type Message = any;

export interface NextOptions {
  /** How long to wait. Default: as long as the session lasts. */
  timeout?: Duration;
}

/** What handlers are called with. */
export interface SessionEvents {
  /** Each message as it came: text or an ArrayBuffer. */
  message: string | ArrayBuffer;
  /** The value of each message that is JSON. */
  json: Message;
  close: SessionEnd;
  /** A ping of the peer; it is answered already. */
  ping: undefined;
  /** Milliseconds since our ping, or -1 when the peer sent one we had not asked for. */
  pong: number;
}
type Handler = (value: never) => unknown;

/** A session that did not open, or that ended while something was waited for. */
export class WsError extends Error {
  override readonly name = 'WsError';
  override readonly cause: SessionEnd;
  /** HTTP status of the answer to the upgrade: 101 when the session had been open, 0 when there was none. */
  readonly status: number;
  /** Headers of that answer, canonical names ("Retry-After"). */
  readonly headers: Record<string, string>;
  /** The first kilobytes of a refusal's body. */
  readonly body: string;

  constructor(message: string, end: SessionEnd, answer: Handshake | undefined) {
    super(message);
    this.cause = end;
    this.status = end.status;
    this.headers = answer?.headers ?? {};
    this.body = answer?.body ?? '';
  }

  /** The Retry-After of a refusal, as it was sent. */
  get retryAfter(): string | undefined {
    return this.headers['Retry-After'];
  }
}

/** One call of `next` that waits. */
interface Taker {
  /** Only values of JSON, whatever they are. */
  json: boolean;
  predicate: ((value: Message) => unknown) | undefined;
  resolve(value: Message): void;
  reject(error: unknown): void;
  timer: number | undefined;
}
interface Dial {
  resolve(session: Session): void;
  reject(error: unknown): void;
}

const optionNames = [
  'headers',
  'subprotocols',
  'timeouts',
  'ping',
  'idHeaders',
  'name',
  'tags',
  'compression',
  'retry',
  'auth',
  'limit',
  'keep',
];
const eventNames = ['message', 'json', 'close', 'ping', 'pong'];
/** Messages, and their characters or bytes, that wait for `next`; above it the peer has to. */
const queuedMessages = 1_000;
const queuedSize = 1024 * 1024;

const sessions: Map<number, Session> = /* @__PURE__ */ new Map();
const dials: Map<number, Dial> = /* @__PURE__ */ new Map();
let listening = false;

/** How those ended that an iteration left open: the host closes them, and nobody hears when. */
const leftOpen: SessionEnd = {
  cause: 'iteration-ended',
  message: 'it was left open when its iteration ended',
  phase: 'open',
  initiator: 'local',
  code: 1001,
  reason: '',
  status: 101,
  ageMs: Number.NaN,
  idleMs: Number.NaN,
  ids: {},
};

function ignore(): void {}

/** Who is between connecting and closed; made by `connect`. */
export class Session {
  readonly #id: number;
  /** Where it is connected to. */
  readonly url: string;
  readonly #keep: boolean;
  /** 0 connecting, 1 open, 2 closing, 3 ended. */
  #state = 0;
  /** Messages nobody has taken yet. */
  #queue: (string | ArrayBuffer)[] | undefined;
  #queueSize = 0;
  /** The host does not read the socket because the queue is full. */
  #stopped = false;
  /** `next` was called: messages wait for it even when there are handlers. */
  #pulled = false;
  #takers: Taker[] | undefined;
  #handlers: Partial<Record<string, Handler[]>> | undefined;
  #closed: Promise<SessionEnd> | undefined;
  #settle: ((end: SessionEnd) => void)[] | undefined;
  #drains: (() => void)[] | undefined;
  #end: SessionEnd | undefined;
  #answer: Handshake | undefined;

  /** Use `connect`. */
  constructor(id: number, url: string, keep: boolean) {
    this.#id = id;
    this.url = url;
    this.#keep = keep;
  }

  /** Whether messages can be sent. */
  get isOpen(): boolean {
    return this.#state === 1 && this.cause === undefined;
  }

  /** How it ended; undefined as long as it has not. */
  get cause(): SessionEnd | undefined {
    // One that is kept may have ended while no iteration ran.
    if (this.#end === undefined && this.#keep) {
      const json = op(Op.wsEnd, this.#id) as string | undefined;
      if (json !== undefined) return JSON.parse(json) as SessionEnd;
    }
    return this.#end;
  }

  /** The answer to the upgrade. */
  get details(): Handshake | undefined {
    if (this.#answer === undefined) {
      const json = op(Op.wsDetails, this.#id) as string | undefined;
      if (json !== undefined) this.#answer = JSON.parse(json) as Handshake;
    }
    return this.#answer;
  }

  /** The subprotocol the peer chose, or ''. */
  get subprotocol(): string {
    return this.details?.headers['Sec-Websocket-Protocol'] ?? '';
  }

  /** Bytes that were sent and are not yet with the network. */
  get bufferedAmount(): number {
    return op(Op.wsBuffered, this.#id) as number;
  }

  /** Fulfilled when nothing is buffered any more, or the session has ended. */
  drained(): Promise<void> {
    return new Promise((resolve) => {
      if (this.#state === 3 || this.cause !== undefined) {
        resolve();
        return;
      }
      (this.#drains ??= []).push(resolve);
      if (this.#drains.length === 1) op(Op.wsDrain, this.#id);
    });
  }

  /**
   * The next message, or the next one `predicate` accepts; those it does not accept are passed over and
   * gone. A message that is a JSON object or list comes as its value, any other text as it is, bytes as an
   * ArrayBuffer. What nobody has taken waits: up to 1,000 messages or 1 MiB, above which the socket is not
   * read until there is room, so that the peer has to wait. Where there are handlers, messages wait for
   * `next` only once it was called.
   *
   * Rejects with a `TimeoutError`, or with a `WsError` when the session ends meanwhile.
   */
  next<T = Message>(predicate?: ((value: T) => unknown) | null, options?: NextOptions): Promise<T> {
    return this.#take(false, 'next', predicate, options);
  }

  /** Like `next`, but only messages that are JSON, of whatever kind; others are passed over. */
  nextJson<T = Message>(
    predicate?: ((value: T) => unknown) | null,
    options?: NextOptions,
  ): Promise<T> {
    return this.#take(true, 'nextJson', predicate, options);
  }

  #take<T>(
    json: boolean,
    name: string,
    predicate: ((value: T) => unknown) | null | undefined,
    options: NextOptions = {},
  ): Promise<T> {
    return new Promise((resolve, reject) => {
      const call = `${name}(predicate, { timeout })`;
      if (predicate && typeof predicate !== 'function') {
        throw new TypeError(`${call}: predicate must be a function, not ${shown(predicate)}`);
      }
      if (typeof options !== 'object' || options === null) {
        throw new TypeError(`${call}: the options must be an object, not ${shown(options)}`);
      }
      const { timeout } = options;
      const wait = timeout === undefined ? undefined : durationMs(timeout, `${call}: timeout`);
      this.#pulled = true;
      const taker: Taker = {
        json,
        predicate: predicate ?? undefined,
        resolve,
        reject,
        timer: undefined,
      };
      while (this.#queue !== undefined && this.#queue.length > 0) {
        const data = this.#queue.shift() as string | ArrayBuffer;
        this.#queueSize -= sizeOf(data);
        this.#flow();
        if (offer(taker, data)) return;
      }
      if (this.#state === 3) {
        reject(this.#endError());
        return;
      }
      (this.#takers ??= []).push(taker);
      if (wait === undefined) return;
      taker.timer = startTimer(
        () => {
          this.#forget(taker);
          const unit = typeof timeout === 'number' ? 'ms' : '';
          const text = `${name}(): timeout of ${String(timeout)}${unit} passed without such a message`;
          reject(domException(text, 'TimeoutError'));
        },
        wait,
        'idle',
      );
    });
  }

  #forget(taker: Taker): void {
    stopTimer(taker.timer);
    const index = this.#takers?.indexOf(taker) ?? -1;
    if (index >= 0) this.#takers?.splice(index, 1);
  }

  #endError(): WsError {
    const end = this.#end as SessionEnd;
    return new WsError(`the session has ended: ${end.message}`, end, this.#answer);
  }

  /** All messages as `next` gives them, until the session ends; `cause` says how. */
  async *[Symbol.asyncIterator](): AsyncGenerator<Message, void, void> {
    for (;;) {
      let message: Message;
      try {
        message = await this.next();
      } catch (error) {
        if (error instanceof WsError) return;
        throw error;
      }
      yield message;
    }
  }

  /** Sends text, or bytes. Throws when the session is not open or 16 MiB wait already. */
  send(data: string | BufferSource): void {
    if (this.#state !== 1) {
      const state = this.#state === 2 ? 'is closing' : 'has ended';
      throw domException(`send(): the session ${state}`, 'InvalidStateError');
    }
    if (typeof data !== 'string') {
      op(Op.wsSendBytes, this.#id, bufferOf(bytesOf(data, 'send(data): data')));
    } else if (op(Op.wsSendText, this.#id, data, data.length) === -1) {
      op(Op.wsSendBytes, this.#id, bufferOf(encodeUtf8(data)), true);
    }
  }

  /** Sends a value as JSON text. */
  sendJson(value: unknown): void {
    const text = JSON.stringify(value) as string | undefined;
    if (text === undefined) {
      throw new TypeError(`sendJson(value): JSON cannot hold value, which is ${shown(value)}`);
    }
    this.send(text);
  }

  /** Sends a ping; the handlers of `pong` hear of the answer. */
  ping(): void {
    op(Op.wsPing, this.#id);
  }

  /** Calls `handler` on each event of this name, as long as the session lasts. */
  on<K extends keyof SessionEvents>(name: K, handler: (value: SessionEvents[K]) => unknown): this {
    checkEvent('on', name, handler);
    ((this.#handlers ??= {})[name] ??= []).push(handler);
    return this;
  }

  /** Forgets a handler. */
  off<K extends keyof SessionEvents>(name: K, handler: (value: SessionEvents[K]) => unknown): this {
    checkEvent('off', name, handler);
    const list = this.#handlers?.[name];
    const index = list?.indexOf(handler) ?? -1;
    if (index >= 0) list?.splice(index, 1);
    return this;
  }

  /**
   * Starts the closing handshake, unless that was done. Fulfilled when the session has ended. `code` is
   * 1000 to 1014 without 1004 to 1006, or 3000 to 4999; `reason` at most 123 bytes.
   */
  close(code = 1000, reason = ''): Promise<SessionEnd> {
    const known =
      (code >= 1000 && code <= 1014 && !(code >= 1004 && code <= 1006)) ||
      (code >= 3000 && code <= 4999);
    if (!Number.isInteger(code) || !known) {
      throw new RangeError(
        `close(code, reason): code must be 1000 to 1003, 1007 to 1014 or 3000 to 4999, not ${shown(code)}`,
      );
    }
    if (typeof reason !== 'string' || !crosses(reason) || encodeUtf8(reason).length > 123) {
      throw new TypeError('close(code, reason): reason must be text of at most 123 bytes');
    }
    if (this.#state < 2) {
      op(Op.wsClose, this.#id, code, reason);
      this.#state = 2;
    }
    return this.closed;
  }

  /**
   * Fulfilled when the session has ended, however it did. Who waits for that, and never called `next`, is
   * taken to have no interest in messages: instead of stopping the peer the oldest are dropped.
   */
  get closed(): Promise<SessionEnd> {
    this.#closed ??= new Promise((resolve) => {
      if (this.#end === undefined) (this.#settle ??= []).push(resolve);
      else resolve(this.#end);
    });
    if (this.#stopped) this.#flow();
    return this.#closed;
  }

  #flow(): void {
    const isFull = (this.#queue?.length ?? 0) >= queuedMessages || this.#queueSize >= queuedSize;
    if (isFull && this.#closed !== undefined && !this.#pulled) this.#dropOldest();
    const isLow =
      (this.#queue?.length ?? 0) <= queuedMessages / 2 && this.#queueSize <= queuedSize / 2;
    if (this.#stopped ? !isLow : !isFull || isLow) return;
    this.#stopped = !this.#stopped;
    op(Op.wsFlow, this.#id, this.#stopped);
  }

  #dropOldest(): void {
    const queue = this.#queue ?? [];
    while (queue.length > queuedMessages / 2 || this.#queueSize > queuedSize / 2) {
      this.#queueSize -= sizeOf(queue.shift() as string | ArrayBuffer);
    }
  }

  #call(name: string, value: unknown): void {
    const list = this.#handlers?.[name];
    if (list === undefined || list.length === 0) return;
    for (const handler of list.slice()) callRoot(handler, this, [value], ignore, stray);
  }

  #message(data: string | ArrayBuffer): void {
    const { message, json } = this.#handlers ?? {};
    const heard = (message?.length ?? 0) + (json?.length ?? 0) > 0;
    if (this.#takers !== undefined && this.#takers.length > 0) {
      for (const taker of this.#takers.slice()) {
        if (!offer(taker, data)) continue;
        this.#forget(taker);
        break;
      }
    } else if (this.#pulled || !heard) {
      (this.#queue ??= []).push(data);
      this.#queueSize += sizeOf(data);
      this.#flow();
    }
    if (!heard) return;
    this.#call('message', data);
    if ((json?.length ?? 0) === 0 || typeof data !== 'string') return;
    const value = jsonOf(data);
    if (value !== undefined) this.#call('json', value);
  }

  #finish(end: SessionEnd): void {
    const wasOpen = this.#state > 0;
    this.#state = 3;
    this.#end = end;
    sessions.delete(this.#id);
    listen(sessions.size);
    const dial = dials.get(this.#id);
    dials.delete(this.#id);
    if (!wasOpen) dial?.reject(new WsError(end.message, end, this.details));
    for (const settle of this.#settle?.splice(0) ?? []) settle(end);
    for (const resolve of this.#drains?.splice(0) ?? []) resolve();
    for (const taker of this.#takers?.splice(0) ?? []) {
      stopTimer(taker.timer);
      taker.reject(this.#endError());
    }
    this.#call('close', end);
  }

  /** Hears what the host tells; false when the id is none of a session. */
  static #hear(kind: number, id: number, payload: string | ArrayBuffer | undefined): boolean {
    const session = sessions.get(id);
    if (session === undefined) return false;
    switch (kind) {
      case Delivery.wsText:
        if (session.#state === 1) {
          session.#message(
            typeof payload === 'string'
              ? payload
              : decodeUtf8(new Uint8Array(payload as ArrayBuffer)).text,
          );
        }
        break;
      case Delivery.wsBytes:
        if (session.#state === 1) session.#message(payload as ArrayBuffer);
        break;
      case Delivery.wsOpen:
        session.#state = 1;
        dials.get(id)?.resolve(session);
        dials.delete(id);
        break;
      case Delivery.wsPong:
        if (mail[Mail.payload] === 1) session.#call('pong', mail[Mail.payload + 1]);
        else session.#call('ping', undefined);
        break;
      case Delivery.wsDrained:
        for (const resolve of session.#drains?.splice(0) ?? []) resolve();
        break;
      case Delivery.wsClose:
        session.#finish(JSON.parse(payload as string) as SessionEnd);
        break;
    }
    return true;
  }

  /** Starts to hear, at the first connection and not at import, so that bundles can leave this out. */
  static hearAll(): void {
    if (listening) return;
    listening = true;
    hearSockets((kind, id, payload) => Session.#hear(kind, id, payload));
    onFreshStart(() => {
      dials.clear();
      for (const [id, session] of sessions) {
        // Whoever waited in the iteration before hears nothing any more.
        session.#takers = undefined;
        session.#settle = undefined;
        session.#closed = undefined;
        session.#drains = undefined;
        if (session.#keep && session.#state > 0) continue;
        // Nobody could be given one that was still on its way.
        if (session.#state === 0) op(Op.wsClose, id, 1001, '');
        session.#state = 3;
        session.#end = leftOpen;
        sessions.delete(id);
      }
      listen(sessions.size);
    });
  }
}

/**
 * Opens a session to a ws: or wss: URL. Rejects with a `WsError` that tells status, headers, body and
 * cause when it does not open, and with a TypeError or SyntaxError when the arguments cannot be. Throws in
 * the init context.
 *
 * An open session does not keep its iteration alive once the function is over: close it, or `keep` it.
 */
export function connect(
  url: string | { toString(): string },
  options: ConnectOptions = {},
): Promise<Session> {
  outsideInit('ws.connect');
  return new Promise((resolve, reject) => {
    const href = url === undefined || url === null ? '' : String(url);
    if (!crosses(href)) {
      throw domException(`ws.connect(url): ${JSON.stringify(href)} is no URL`, 'SyntaxError');
    }
    if (typeof options !== 'object' || options === null || Array.isArray(options)) {
      throw new TypeError(
        `ws.connect(url, options): options must be an object, not ${shown(options)}`,
      );
    }
    for (const name of Object.keys(options)) {
      if (optionNames.includes(name)) continue;
      throw new TypeError(
        `ws.connect(url, options): there is no option ${name}; there are ${optionNames.join(', ')}`,
      );
    }
    tagsJson(options.tags, 'ws.connect(url, options)');
    Session.hearAll();
    const id = nextId();
    const { subprotocols = [], ...rest } = options;
    const whole = op(
      Op.wsOpen,
      id,
      href,
      JSON.stringify(subprotocols),
      JSON.stringify(rest),
      WsDialect.session,
    ) as string;
    sessions.set(id, new Session(id, whole, options.keep === true));
    dials.set(id, { resolve, reject });
    listen(sessions.size);
  });
}

/** All of this module. */
const ws: { connect: typeof connect } = { connect };
export default ws;

function checkEvent(method: string, name: unknown, handler: unknown): void {
  const call = `${method}(name, handler)`;
  if (!eventNames.includes(name as string)) {
    throw new TypeError(
      `${call}: name must be one of ${eventNames.join(', ')}, not ${shown(name)}`,
    );
  }
  if (typeof handler !== 'function') {
    throw new TypeError(`${call}: handler must be a function, not ${shown(handler)}`);
  }
}

/** The value of JSON, or undefined. */
function jsonOf(text: string): Message {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** What `next` makes of a message. */
function messageOf(data: string | ArrayBuffer): Message {
  if (typeof data !== 'string' || !/^\s*[[{]/.test(data)) return data;
  return jsonOf(data) ?? data;
}

/** True when the taker is served, be it with what its predicate threw. */
function offer(taker: Taker, data: string | ArrayBuffer): boolean {
  const value = taker.json
    ? typeof data === 'string'
      ? jsonOf(data)
      : undefined
    : messageOf(data);
  if (value === undefined) return false;
  try {
    if (taker.predicate !== undefined && !taker.predicate(value)) return false;
  } catch (error) {
    taker.reject(error);
    return true;
  }
  taker.resolve(value);
  return true;
}

function sizeOf(data: string | ArrayBuffer): number {
  return typeof data === 'string' ? data.length : data.byteLength;
}
