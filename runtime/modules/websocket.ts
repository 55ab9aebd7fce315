/** `vurun/websocket`: the WebSocket of browsers, and what load tests need besides. */
import {
  Delivery,
  Mail,
  Op,
  WsDialect,
  type WsFault,
  type WsHandshakeDetails,
  type WsOpened,
} from '../contract/ops.ts';
import type { Duration } from '../contract/options.ts';
import { stray } from '../errors.ts';
import { type Tags, tagsJson, waitMs } from '../globals/arguments.ts';
import { Blob } from '../globals/blob.ts';
import { domException } from '../globals/dom-exception.ts';
import { type BufferSource, bufferOf, bytesOf, decodeUtf8, encodeUtf8 } from '../globals/text.ts';
import { startTimer, stopTimer } from '../globals/timers.ts';
import { callRoot, crosses, hold, mail, nextId, onFreshStart, op, unhold } from '../host.ts';
import type { Backoff } from './backoff.ts';
import type { Limit } from './limits.ts';
import type { OAuth, UserOAuth } from './oauth.ts';
import { hearSockets } from './socket-deliveries.ts';

/** What goes with a connection besides its URL. */
export interface WebSocketParams {
  /** Sent with the upgrade. */
  headers?: Record<string, string | string[]>;
  /** Added to every sample of this connection. */
  tags?: Tags;
  /** 'deflate' offers permessage-deflate. Default none. */
  compression?: 'deflate' | '';
  /** How long the dial and the opening handshake may take together. Default 60s. */
  timeout?: Duration;
  /** Stands for the URL in the tags `name` and `url`, so that URLs with ids share a series. */
  name?: string;
  /** Subprotocols to offer, for a call that has no argument for them. */
  protocols?: string | string[];
  /** A token of vurun/oauth, sent with the upgrade as `Authorization: Bearer`. */
  auth?: OAuth | UserOAuth;
  /** Whether to dial again when the upgrade is refused or the dial fails; each attempt is measured by itself. */
  retry?: Backoff;
  /** Bounds to wait for before each dial. A place in `limits.concurrent` is held until the connection ends. */
  limit?: Limit | readonly Limit[];
}

/** The answer to the upgrade, accepted or refused. */
export type Handshake = WsHandshakeDetails;

/** Text of a text message, else bytes as `binaryType` says. */
export type MessageData = string | ArrayBuffer | Blob;

/** How a connection ended. */
export interface CloseInfo {
  /** The code of the peer's close frame; 1005 when it had none, 1006 when there was no close frame. */
  code: number;
  reason: string;
  /** Whether the peer sent a close frame. */
  wasClean: boolean;
  /** What really happened when it did not: FIN, RST, a broken frame, a refusal. */
  error?: string;
}

/** What listeners receive; which fields there are depends on `type`. */
export interface WebSocketEvent {
  readonly type: WebSocketEventType;
  readonly target: WebSocket;
  /** Milliseconds since 1970. */
  readonly timestamp: number;
  /** message: what came. */
  readonly data?: MessageData;
  /** message: scheme and host of the connection's URL. */
  readonly origin?: string;
  /** pong: milliseconds since our ping, or -1 when the peer sent one we had not asked for. */
  readonly roundTrip?: number;
  /** close */
  readonly code?: number;
  /** close */
  readonly reason?: string;
  /** close */
  readonly wasClean?: boolean;
  /** error: what really happened. */
  readonly error?: string;
  /** error: HTTP status of a refused upgrade, else 0. */
  readonly status?: number;
}
export type WebSocketEventType = 'open' | 'message' | 'error' | 'close' | 'ping' | 'pong';
export type WebSocketListener = (event: WebSocketEvent) => unknown;
export interface ListenOptions {
  /** Forgets the listener after its first call. */
  once?: boolean;
}
export interface NextOptions {
  /** How long to wait, in milliseconds or as text such as '5s'. Default: as long as it is open. */
  timeout?: Duration;
}

/** Why a connection did not open, or was lost. */
export class WebSocketError extends Error {
  override readonly name = 'WebSocketError';
  /** k6's error code, 1000 when it has none for this. */
  readonly code: number;
  /** HTTP status of a refused upgrade, else 0. */
  readonly status: number;
  /** Headers of a refused upgrade, canonical names ("Retry-After"). */
  readonly headers: Record<string, string>;
  /** The first kilobytes of a refusal's body. */
  readonly body: string;

  constructor(message: string, code = 1000, status = 0, answer?: Handshake) {
    super(message);
    this.code = code;
    this.status = status;
    this.headers = answer?.headers ?? {};
    this.body = answer?.body ?? '';
  }
}

interface Listener {
  run: WebSocketListener;
  once: boolean;
}
/** One call of `next` that waits. */
interface Waiter {
  /** True when it takes the message. */
  offer(data: MessageData): boolean;
  giveUp(error: Error): void;
}

const eventTypes = ['open', 'message', 'error', 'close', 'ping', 'pong'];
const paramNames = [
  'headers',
  'tags',
  'compression',
  'timeout',
  'name',
  'protocols',
  'auth',
  'retry',
  'limit',
];
/** Messages, and their characters or bytes, that are kept for `next`. */
const keptMessages = 1_000;
const keptSize = 1024 * 1024;

function ignore(): void {}

const sockets: Map<number, WebSocket> = /* @__PURE__ */ new Map();
let listening = false;

/**
 * A connection, opened by `new`. An open one keeps the iteration alive, and ends with it at the latest.
 *
 * Besides handlers there are promises: `await ws.opened`, `await ws.next()`, `await ws.closed`.
 */
export class WebSocket {
  static readonly CONNECTING = 0;
  static readonly OPEN = 1;
  static readonly CLOSING = 2;
  static readonly CLOSED = 3;
  /** One of `WsDialect`; k6's modules have others. */
  protected static readonly dialect: number = WsDialect.own;

  onopen: WebSocketListener | null = null;
  onmessage: WebSocketListener | null = null;
  onerror: WebSocketListener | null = null;
  onclose: WebSocketListener | null = null;
  onping: WebSocketListener | null = null;
  onpong: WebSocketListener | null = null;

  readonly #id: number = nextId();
  readonly #url: string;
  readonly #origin: string;
  #state = 0;
  #protocol = '';
  #extensions = '';
  #binaryType: 'arraybuffer' | 'blob' = 'arraybuffer';
  #listeners: Partial<Record<string, Listener[]>> = {};
  #wasOpen = false;
  #handshake: Handshake | undefined;
  #fault: WebSocketError | undefined;
  #closeInfo: CloseInfo | undefined;
  #opened: Promise<WebSocket> | undefined;
  #settleOpened: (() => void) | undefined;
  #closed: Promise<CloseInfo> | undefined;
  #settleClosed: (() => void) | undefined;
  /** Messages nobody has taken yet. */
  #kept: MessageData[] = [];
  #keptSize = 0;
  #nextUsed = false;
  #warned = false;
  #waiters: Waiter[] = [];

  /**
   * Opens a connection to a ws: or wss: URL. Throws when the arguments cannot be, and in the init
   * context; a connection that fails does not throw but fires `error` and `close`.
   */
  constructor(url: string | { toString(): string }, params?: WebSocketParams);
  constructor(
    url: string | { toString(): string },
    protocols?: string | string[] | null,
    params?: WebSocketParams,
  );
  constructor(
    url: string | { toString(): string },
    second?: string | string[] | null | WebSocketParams,
    third?: WebSocketParams,
  ) {
    const isProtocols = typeof second === 'string' || Array.isArray(second);
    const protocols = isProtocols ? second : [];
    const params = third ?? (isProtocols ? undefined : (second as WebSocketParams | undefined));
    const href = url === undefined || url === null ? '' : String(url);
    if (!crosses(href)) {
      const text = `WebSocket requires valid url, but got ${JSON.stringify(href)}`;
      throw domException(text, 'SyntaxError');
    }
    WebSocket.#listen();
    this.#url = op(
      Op.wsOpen,
      this.#id,
      href,
      JSON.stringify(protocols),
      params === undefined || params === null ? undefined : paramsJson(params),
      new.target.dialect,
    ) as string;
    this.#origin = /^\w+:\/\/[^/]*/.exec(this.#url)?.[0] ?? '';
    sockets.set(this.#id, this);
    hold();
  }

  /** What deliveries for this connection are told by. */
  protected get id(): number {
    return this.#id;
  }
  /** Nobody here waits for the end of this connection any more, nor hears of it. */
  protected abandon(): void {
    if (!sockets.delete(this.#id)) return;
    this.#state = 3;
    unhold();
  }

  get CONNECTING(): 0 {
    return 0;
  }
  get OPEN(): 1 {
    return 1;
  }
  get CLOSING(): 2 {
    return 2;
  }
  get CLOSED(): 3 {
    return 3;
  }

  get url(): string {
    return this.#url;
  }
  /** 0 CONNECTING, 1 OPEN, 2 CLOSING, 3 CLOSED. */
  get readyState(): number {
    return this.#state;
  }
  /** The subprotocol the peer chose, or ''. */
  get protocol(): string {
    return this.#protocol;
  }
  /** The extensions in use, or ''. */
  get extensions(): string {
    return this.#extensions;
  }
  /** Bytes given to `send` that are not yet with the network. */
  get bufferedAmount(): number {
    return op(Op.wsBuffered, this.#id) as number;
  }
  /** How bytes arrive: 'arraybuffer' (default) or 'blob'. */
  get binaryType(): 'arraybuffer' | 'blob' {
    return this.#binaryType;
  }
  set binaryType(type: 'arraybuffer' | 'blob') {
    if (type !== 'arraybuffer' && type !== 'blob') {
      throw new TypeError(`binaryType must be 'arraybuffer' or 'blob', not '${String(type)}'`);
    }
    this.#binaryType = type;
  }
  /** The answer to the upgrade once there is one, also a refusing one. */
  get handshake(): Handshake | undefined {
    if (this.#handshake === undefined) {
      const json = op(Op.wsDetails, this.#id) as string | undefined;
      if (json !== undefined) this.#handshake = JSON.parse(json) as Handshake;
    }
    return this.#handshake;
  }

  /** Fulfilled with this socket when it opens; rejected with a `WebSocketError` when it does not. */
  get opened(): Promise<WebSocket> {
    if (this.#opened === undefined) {
      this.#opened = new Promise((resolve, reject) => {
        this.#settleOpened = () => {
          if (this.#wasOpen) resolve(this);
          else reject(this.#endError());
        };
      });
      // Who listens for events need not listen to this as well.
      this.#opened.catch(() => undefined);
      if (this.#wasOpen || this.#state === 3) this.#settleOpened?.();
    }
    return this.#opened;
  }

  /** Fulfilled when the connection has ended, however it did. */
  get closed(): Promise<CloseInfo> {
    if (this.#closed === undefined) {
      this.#closed = new Promise((resolve) => {
        this.#settleClosed = () => resolve(this.#closeInfo as CloseInfo);
      });
      if (this.#state === 3) this.#settleClosed?.();
    }
    return this.#closed;
  }

  /**
   * The next message that has not been taken by an earlier `next`, or the next one `predicate` accepts;
   * messages it does not accept are passed over and gone. Messages are kept for `next` from the start
   * until a message handler is set, and again once `next` was called; at most the
   * last 1,000, and of these 1 MiB.
   *
   * Rejects with a `TimeoutError`, or with a `WebSocketError` when the connection ends meanwhile.
   */
  next(
    predicate?: (data: MessageData) => unknown,
    options: NextOptions = {},
  ): Promise<MessageData> {
    return this.#wait(
      (data) => (!predicate || predicate(data) ? { value: data } : undefined),
      options,
    );
  }

  /** Like `next`, for messages that are JSON text; others are passed over. */
  nextJson<T = unknown>(predicate?: (value: T) => unknown, options: NextOptions = {}): Promise<T> {
    return this.#wait((data) => {
      if (typeof data !== 'string') return undefined;
      let value: T;
      try {
        value = JSON.parse(data) as T;
      } catch {
        return undefined;
      }
      return !predicate || predicate(value) ? { value } : undefined;
    }, options);
  }

  #wait<T>(
    select: (data: MessageData) => { value: T } | undefined,
    { timeout }: NextOptions,
  ): Promise<T> {
    this.#nextUsed = true;
    return new Promise((resolve, reject) => {
      let timer: number | undefined;
      const waiter: Waiter = {
        offer: (data) => {
          let found: { value: T } | undefined;
          try {
            found = select(data);
          } catch (error) {
            this.#forget(waiter, timer);
            reject(error);
            return false;
          }
          if (found === undefined) return false;
          this.#forget(waiter, timer);
          resolve(found.value);
          return true;
        },
        giveUp: (error) => {
          stopTimer(timer);
          reject(error);
        },
      };
      const milliseconds = timeoutMs(timeout);
      this.#waiters.push(waiter);
      while (this.#kept.length > 0 && this.#waiters.includes(waiter)) {
        const data = this.#kept.shift() as MessageData;
        this.#keptSize -= sizeOf(data);
        waiter.offer(data);
      }
      if (!this.#waiters.includes(waiter)) return;
      if (this.#state === 3) {
        this.#forget(waiter, undefined);
        reject(this.#endError());
      } else if (milliseconds !== undefined) {
        timer = startTimer(
          () => {
            this.#forget(waiter, undefined);
            const text = `no such message within ${String(timeout)}${typeof timeout === 'number' ? 'ms' : ''}`;
            reject(domException(text, 'TimeoutError'));
          },
          milliseconds,
          'idle',
        );
      }
    });
  }

  #forget(waiter: Waiter, timer: number | undefined): void {
    stopTimer(timer);
    const index = this.#waiters.indexOf(waiter);
    if (index >= 0) this.#waiters.splice(index, 1);
  }

  #endError(): WebSocketError {
    if (this.#fault !== undefined) return this.#fault;
    const { code, reason } = this.#closeInfo as CloseInfo;
    const because = reason === '' ? '' : `: ${reason}`;
    return new WebSocketError(`the connection was closed with code ${code}${because}`);
  }

  /** Sends text, or bytes. Throws when the connection is not open or 16 MiB wait already. */
  send(data: string | BufferSource | Blob): void {
    if (this.#state !== 1) this.#requireOpen('send');
    if (typeof data !== 'string') {
      const bytes = data instanceof Blob ? Blob.bytesOf(data) : bytesOf(data, 'send(data): data');
      op(Op.wsSendBytes, this.#id, bufferOf(bytes));
    } else if (op(Op.wsSendText, this.#id, data, data.length) === -1) {
      op(Op.wsSendBytes, this.#id, bufferOf(encodeUtf8(data)), true);
    }
  }

  /** Sends a value as JSON text. */
  sendJson(value: unknown): void {
    this.send(JSON.stringify(value));
  }

  /** Sends a ping, which the peer must answer; at most 125 bytes. `pong` tells the round trip. */
  ping(data?: string | BufferSource): void {
    this.#requireOpen('ping');
    if (data === undefined) op(Op.wsPing, this.#id);
    else {
      const bytes = typeof data === 'string' ? encodeUtf8(data) : bytesOf(data, 'ping(data): data');
      op(Op.wsPing, this.#id, bufferOf(bytes));
    }
  }

  /** Starts the closing handshake. `code` is 1000 or 3000 to 4999, `reason` at most 123 bytes. */
  close(code?: number, reason?: string): void {
    if (code !== undefined && code !== 1000 && !(code >= 3_000 && code <= 4_999)) {
      const text = `the close code must be 1000 or 3000 to 4999, not ${String(code)}`;
      throw domException(text, 'InvalidAccessError');
    }
    this.closeWith(code, reason);
  }

  /** `close` with any code the protocol allows, such as the 1001 of a browser that leaves the page. */
  closeWith(code?: number, reason = ''): void {
    const text = String(reason);
    if (text.length > 123 || encodeUtf8(text).length > 123 || !crosses(text)) {
      throw domException('the close reason must be text of at most 123 bytes', 'SyntaxError');
    }
    if (this.#state > 1) return;
    // A close frame cannot carry a reason without a code.
    op(Op.wsClose, this.#id, code ?? (text === '' ? undefined : 1000), text);
    this.#state = 2;
  }

  /** Calls `listener` on every event of this type, after the `on…` handler. Twice is once. */
  addEventListener(
    type: WebSocketEventType,
    listener: WebSocketListener,
    options: ListenOptions = {},
  ): void {
    if (!eventTypes.includes(type)) {
      throw new TypeError(`can't add event handler: unknown event type: ${String(type)}`);
    }
    if (typeof listener !== 'function') {
      throw new TypeError(`addEventListener('${type}', listener): listener must be a function`);
    }
    const list = (this.#listeners[type] ??= []);
    if (!list.some(({ run }) => run === listener)) {
      list.push({ run: listener, once: options.once === true });
    }
  }

  removeEventListener(type: WebSocketEventType, listener: WebSocketListener): void {
    const list = this.#listeners[type];
    if (list) this.#listeners[type] = list.filter(({ run }) => run !== listener);
  }

  #requireOpen(action: string): void {
    if (this.#state === 1) return;
    const state = ['CONNECTING', 'OPEN', 'CLOSING', 'CLOSED'][this.#state];
    const text = `${action}: the connection is not open, its readyState is ${state}`;
    throw domException(text, 'InvalidStateError');
  }

  #fire(type: WebSocketEventType, fields: Partial<WebSocketEvent> = {}): void {
    const own = this[`on${type}`];
    const listeners = this.#listeners[type];
    if (typeof own !== 'function' && !listeners?.length) return;
    this.#dispatch(type, { type, target: this, timestamp: Date.now(), ...fields });
  }

  #dispatch(type: WebSocketEventType, event: WebSocketEvent): void {
    const own = this[`on${type}`];
    const listeners = this.#listeners[type];
    if (typeof own === 'function') this.#call(own, event);
    if (listeners === undefined || listeners.length === 0) return;
    for (const { run, once } of [...listeners]) {
      if (once) this.removeEventListener(type, run);
      this.#call(run, event);
    }
  }

  #call(listener: WebSocketListener, event: WebSocketEvent): void {
    callRoot(listener, this, [event], ignore, stray);
  }

  /** Done at the first connection and not at import, so that bundles can leave this module out. */
  static #listen(): void {
    if (listening) return;
    listening = true;
    hearSockets((kind, id, payload) => WebSocket.#receive(kind, id, payload));
    // Those of an iteration that was cut off: the host has closed them without a word.
    onFreshStart(() => {
      for (const left of sockets.values()) left.#state = 3;
      sockets.clear();
    });
  }

  /** False when the connection is none of ours, or closed by the script meanwhile. */
  static #receive(kind: number, id: number, payload: string | ArrayBuffer | undefined): boolean {
    const socket = sockets.get(id);
    if (socket === undefined) return false;
    if (kind === Delivery.wsText) {
      if (socket.#state === 1) {
        socket.#message(
          typeof payload === 'string'
            ? payload
            : decodeUtf8(new Uint8Array(payload as ArrayBuffer)).text,
        );
      }
      return true;
    }
    const first = mail[Mail.payload] as number;
    const second = mail[Mail.payload + 1] as number;
    if (kind === Delivery.wsBytes) {
      const bytes = payload as ArrayBuffer;
      socket.#message(socket.#binaryType === 'blob' ? new Blob([bytes]) : bytes);
    } else if (kind === Delivery.wsPong) {
      if (first === 1) socket.#fire('pong', { roundTrip: second });
      else socket.#fire('ping');
    } else if (kind === Delivery.wsOpen) {
      socket.#open(JSON.parse(payload as string) as WsOpened);
    } else if (kind === Delivery.wsError) {
      socket.#fail(JSON.parse(payload as string) as WsFault);
    } else {
      socket.#end(first, second === 1, (payload as string | undefined) ?? '');
    }
    return true;
  }

  /** Hears of the Set-Cookie headers with which an upgrade was answered. */
  protected keepCookies(_headers: readonly string[]): void {}

  #open({ protocol, extensions, setCookies }: WsOpened): void {
    if (setCookies !== undefined) this.keepCookies(setCookies);
    // The script may have closed it while the news was on its way.
    if (this.#state !== 0) return;
    this.#state = 1;
    this.#wasOpen = true;
    this.#protocol = protocol;
    this.#extensions = extensions;
    this.#settleOpened?.();
    this.#fire('open');
  }

  #message(data: MessageData): void {
    if (this.#state !== 1) return;
    const own = this.onmessage;
    const listeners = this.#listeners['message'];
    const listened = own !== null || (listeners !== undefined && listeners.length > 0);
    if (this.#waiters.length > 0) {
      for (const waiter of this.#waiters.slice()) if (waiter.offer(data)) break;
    } else if (this.#nextUsed || !listened) {
      this.#keep(data);
    }
    if (!listened) return;
    this.#dispatch('message', {
      type: 'message',
      target: this,
      timestamp: mail[Mail.payload] as number,
      data,
      origin: this.#origin,
    });
  }

  #keep(data: MessageData): void {
    this.#kept.push(data);
    this.#keptSize += sizeOf(data);
    while (
      this.#kept.length > 1 &&
      (this.#kept.length > keptMessages || this.#keptSize > keptSize)
    ) {
      this.#keptSize -= sizeOf(this.#kept.shift() as MessageData);
      if (!this.#nextUsed || this.#warned) continue;
      this.#warned = true;
      const text = `messages of ${this.#url} come faster than next() takes them; the oldest are dropped`;
      op(Op.warn, text);
    }
  }

  #fail({ message, code, status, setCookies }: WsFault): void {
    if (setCookies !== undefined) this.keepCookies(setCookies);
    this.#fault = new WebSocketError(
      message,
      code,
      status,
      status === 0 ? undefined : this.handshake,
    );
    this.#state = Math.max(this.#state, 2);
    this.#fire('error', { error: message, status });
  }

  #end(code: number, wasClean: boolean, reason: string): void {
    this.#state = 3;
    sockets.delete(this.#id);
    unhold();
    const error = this.#fault?.message;
    this.#closeInfo = { code, reason, wasClean, ...(error !== undefined && { error }) };
    this.#settleOpened?.();
    this.#settleClosed?.();
    for (const waiter of this.#waiters.splice(0)) waiter.giveUp(this.#endError());
    this.#fire('close', { code, reason, wasClean });
  }
}
export default WebSocket;

function paramsJson(params: WebSocketParams): string {
  if (typeof params !== 'object') throw new TypeError('WebSocket params must be an object');
  for (const key of Object.keys(params)) {
    if (!paramNames.includes(key)) throw new TypeError(`unknown WebSocket's option ${key}`);
  }
  tagsJson(params.tags, 'WebSocket params');
  return JSON.stringify(params);
}

function sizeOf(data: MessageData): number {
  return typeof data === 'string'
    ? data.length
    : data instanceof Blob
      ? data.size
      : data.byteLength;
}

/** Milliseconds: here, as in options, a number without a unit is one. */
function timeoutMs(timeout: Duration | undefined): number | undefined {
  if (timeout === undefined) return undefined;
  const number = Number(timeout);
  return Number.isNaN(number) ? waitMs(timeout, 'next(predicate, { timeout })') : number;
}
