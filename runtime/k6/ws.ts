/** `k6/ws`: `connect` blocks until its WebSocket is closed; what the script does with it happens inside. */
import { Fact, Op, WsDialect } from '../contract/ops.ts';
import type { Tags } from '../globals/arguments.ts';
import { startTimer, stopTimer } from '../globals/timers.ts';
import { life, nextId, op } from '../host.ts';
import { WebSocket, type WebSocketEvent, type WebSocketParams } from '../modules/websocket.ts';
import { goError } from './go-error.ts';
import { type Jar, UpgradeCookies } from './upgrade-cookies.ts';
import { aboutToWait, blocking, call, resume, waitFor } from './wait.ts';

type Handler = (argument?: unknown) => unknown;
type Waiting = Generator<unknown, void, unknown>;

export interface Params {
  /** Sent with the upgrade. */
  headers?: Record<string, string>;
  /** Added to every sample of the connection. */
  tags?: Tags;
  /** Whose cookies go with the upgrade. Default: the jar of this VU. */
  jar?: Jar;
  /** 'deflate' offers permessage-deflate. */
  compression?: string;
}

/** The answer to the upgrade. */
export interface Response {
  /** The URL when the connection was open, else ''. */
  url: string;
  /** 101 when the connection was open, 0 when there was no answer. */
  status: number;
  headers: Record<string, string>;
  body: string;
  /** Why there was no answer, else ''. */
  error: string;
}

const events = ['open', 'message', 'binaryMessage', 'error', 'close', 'ping', 'pong'];
const goingAway = 1001;
/** What the protocol calls its close codes, in k6's words. */
const closeNames: Record<number, string> = {
  1002: 'protocol error',
  1003: 'unsupported data',
  1005: 'no status',
  1007: 'invalid payload data',
  1008: 'policy violation',
  1009: 'message too big',
  1010: 'mandatory extension missing',
  1011: 'internal server error',
  1015: 'TLS handshake error',
};

function closeText(code: number, reason: string): string {
  const name = closeNames[code];
  return `websocket: close ${code}${name === undefined ? '' : ` (${name})`}${reason === '' ? '' : `: ${reason}`}`;
}

/** What `error` handlers are given. */
function handlerError(message: string): Error & { error(): string } {
  return Object.assign(goError(message), { error: () => message });
}

class Connection extends WebSocket {
  protected static override readonly dialect: number = WsDialect.callbacks;
  readonly #cookies: UpgradeCookies;

  constructor(url: string, cookies: UpgradeCookies, params: WebSocketParams) {
    super(url, params);
    this.#cookies = cookies;
  }
  protected override keepCookies(headers: readonly string[]): void {
    this.#cookies.take(headers);
  }
  override get id(): number {
    return super.id;
  }
  override abandon(): void {
    super.abandon();
  }
}

interface Timer {
  callback: Handler;
  /** By the VU's clock, in milliseconds. */
  due: number;
  /** Milliseconds; undefined when it is to run once. */
  period: number | undefined;
}

function now(): number {
  return op(Op.now) as number;
}

/** What the callback of `connect` is given. */
export class Socket {
  readonly #connection: Connection;
  readonly #handlers: Record<string, Handler[]> = {};
  /** All timers together have one of the host's, so that the ids `connect` waits for are next to each other. */
  readonly #timerId: number;
  #timers: Timer[] = [];
  #armedFor = Infinity;
  #isOver = false;

  constructor(connection: Connection, timerId: number) {
    this.#connection = connection;
    this.#timerId = timerId;
  }

  /** Calls `handler` on every such event, after those that were added before. */
  on(event: string, handler: Handler): void {
    if (!events.includes(event) || typeof handler !== 'function') {
      const what = events.includes(event) ? 'its handler is no function' : 'there is no such event';
      op(Op.warn, `socket.on('${String(event)}') does nothing: ${what}`);
      return;
    }
    (this.#handlers[event] ??= []).push(handler);
  }

  /** Sends a text message. */
  send(message: string): void {
    this.#write(() => this.#connection.send(String(message)));
  }

  /** Sends a binary message. */
  sendBinary(message: ArrayBuffer): void {
    if (message === undefined || message === null) {
      throw goError('missing argument, expected ArrayBuffer');
    }
    if (!(message instanceof ArrayBuffer)) {
      const { constructor } = message as object;
      throw goError(`expected ArrayBuffer as argument, received: ${constructor?.name ?? 'object'}`);
    }
    this.#write(() => this.#connection.send(message));
  }

  /** Sends a ping; `ws_ping` is the time to its pong. */
  ping(): void {
    this.#write(() => this.#connection.ping());
  }

  /** What cannot be sent any more is a matter of the `error` handlers. */
  #write(send: () => void): void {
    if (this.#connection.readyState === 1) {
      send();
      return;
    }
    const error = handlerError('websocket: close sent');
    for (const handler of this.#handlersOf('error')) handler(error);
  }

  /** Calls `callback` once after `milliseconds`, unless the connection ends before. */
  setTimeout(callback: Handler, milliseconds: number): void {
    this.#addTimer('setTimeout', callback, milliseconds, false);
  }

  /** Calls `callback` every `milliseconds`, as long as the connection is there. */
  setInterval(callback: Handler, milliseconds: number): void {
    this.#addTimer('setInterval', callback, milliseconds, true);
  }

  #addTimer(what: string, callback: Handler, milliseconds: unknown, repeats: boolean): void {
    if (typeof callback !== 'function') {
      throw new TypeError(`${what}(callback): callback must be a function, not ${typeof callback}`);
    }
    const wait = Number(milliseconds);
    if (!(wait > 0)) {
      const given = (Number.isNaN(wait) ? 0 : wait).toFixed(2);
      throw goError(`${what} requires a >0 timeout parameter, received ${given}`);
    }
    this.#timers.push({ callback, due: now() + wait, period: repeats ? wait : undefined });
  }

  /** Sends a close frame, 1001 by default, and calls the `close` handlers; `connect` then returns. */
  declare close: (code?: number) => void;

  static *close(socket: Socket, code: unknown): Waiting {
    if (socket.#isOver) return;
    socket.#isOver = true;
    const number = code === undefined ? goingAway : Math.trunc(Number(code)) || 0;
    try {
      socket.#connection.closeWith(number);
    } catch (thrown) {
      socket.#connection.closeWith(goingAway);
      yield* socket.#fire('error', handlerError((thrown as Error).message));
    }
    yield* socket.#fire('close', number);
  }

  #handlersOf(event: string): readonly Handler[] {
    return [...(this.#handlers[event] ?? [])];
  }

  *#fire(event: string, ...args: unknown[]): Waiting {
    for (const handler of this.#handlersOf(event)) yield* call(handler, undefined, args);
  }

  /** Runs an open connection to its end. */
  static *run(socket: Socket, setUp: Handler): Waiting {
    const connection = socket.#connection;
    try {
      yield* call(setUp, undefined, [socket]);
      if (!socket.#isOver) yield* socket.#fire('open');
      while (!socket.#isOver) {
        socket.#arm();
        const event = (yield waitFor(connection.id, socket.#timerId)) as WebSocketEvent | undefined;
        if (event === undefined) yield* socket.#tick();
        else yield* socket.#receive(event);
      }
    } finally {
      // Also when a handler threw, or one of its calls ended the run.
      stopTimer(socket.#timerId);
      if (connection.readyState < 2) connection.closeWith(goingAway);
      connection.abandon();
    }
  }

  *#receive({ type, data, code = 0, reason = '', error }: WebSocketEvent): Waiting {
    if (type === 'message') {
      yield* this.#fire(typeof data === 'string' ? 'message' : 'binaryMessage', data);
    } else if (type === 'error') {
      yield* this.#fire('error', handlerError(error ?? ''));
    } else if (type === 'close') {
      this.#isOver = true;
      if (code !== 1000 && code !== goingAway && code !== 1006) {
        yield* this.#fire('error', handlerError(closeText(code, reason)));
      }
      yield* this.#fire('close', code);
    } else {
      yield* this.#fire(type);
    }
  }

  #next(): Timer | undefined {
    let next: Timer | undefined;
    for (const timer of this.#timers) if (next === undefined || timer.due < next.due) next = timer;
    return next;
  }

  #arm(): void {
    const due = this.#next()?.due ?? Infinity;
    if (due === this.#armedFor) return;
    stopTimer(this.#timerId);
    this.#armedFor = due;
    if (due === Infinity) return;
    startTimer(resume as () => void, Math.max(0, due - now()), 'idle', this.#timerId);
  }

  *#tick(): Waiting {
    this.#armedFor = Infinity;
    const timer = this.#next();
    const time = now();
    // An earlier setting of the host's timer may have been on its way.
    if (timer === undefined || timer.due > time + 0.5) return;
    if (timer.period === undefined) this.#timers.splice(this.#timers.indexOf(timer), 1);
    else {
      // Beats that passed while a handler blocked are left out.
      const passed = Math.max(1, Math.ceil((time - timer.due) / timer.period));
      timer.due += passed * timer.period;
    }
    yield* call(timer.callback, undefined, []);
  }
}
Object.defineProperty(Socket.prototype, 'close', {
  value: blocking(function* close(this: Socket, code: unknown) {
    yield* Socket.close(this, code);
  }),
});

function throwsErrors(): boolean {
  const options = JSON.parse(op(Op.factText, Fact.testOptions) as string) as { throw?: boolean };
  return options.throw === true;
}

function failed(message: string, answer?: Partial<Response>): Response {
  if (throwsErrors()) throw goError(message);
  const isDial = answer === undefined;
  if (isDial) {
    op(Op.warn, `Attempt to establish a WebSocket connection failed: ${message}`);
  }
  return { url: '', status: 0, headers: {}, body: '', error: isDial ? message : '', ...answer };
}

interface Connect {
  (url: string, callback: (socket: Socket) => void): Response;
  (url: string, params: Params | null | undefined, callback: (socket: Socket) => void): Response;
}

/**
 * Opens a WebSocket, calls `callback` with it, and returns when it is closed. A connection that does not
 * open gives a response without `callback` being called, or throws when the option `throw` is set.
 */
export const connect: Connect = /* @__PURE__ */ blocking(function* connect(
  url: unknown,
  ...args: unknown[]
) {
  if (args.length < 1 || args.length > 2)
    throw goError('invalid number of arguments to ws.connect');
  const setUp = args.at(-1);
  if (typeof setUp !== 'function') {
    throw goError('last argument to ws.connect must be a function');
  }
  if (life.phase === 'init') {
    throw goError('using websockets in the init context is not supported');
  }
  aboutToWait('ws.connect()');
  const { headers, tags, jar, compression } = ((args.length === 2 ? args[0] : undefined) ??
    {}) as Params;
  const address = String(url);
  let connection: Connection;
  try {
    const cookies = new UpgradeCookies(address, jar);
    connection = new Connection(address, cookies, {
      headers: { ...cookies.header(), ...headers },
      ...(tags !== undefined && { tags }),
      ...(compression !== undefined && { compression: compression as '' }),
    });
  } catch (thrown) {
    const { name, message } = thrown as Error;
    if (name === 'SyntaxError') return failed(message);
    throw goError(message);
  }
  const timerId = nextId();
  for (const type of ['open', 'message', 'error', 'close', 'ping', 'pong'] as const) {
    connection[`on${type}`] = resume;
  }
  const first = (yield waitFor(connection.id, connection.id)) as WebSocketEvent;
  const answer = connection.handshake;
  if (first.type !== 'open') {
    // Its end follows at once.
    yield waitFor(connection.id, connection.id);
    return failed(first.error ?? '', answer);
  }
  yield* Socket.run(new Socket(connection, timerId), setUp as Handler);
  return { url: address, status: 101, headers: {}, body: '', error: '', ...answer };
});

const ws: { connect: Connect } = { connect };
export default ws;
