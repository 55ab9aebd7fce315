/** The WebSockets of one VU: which there are, what the script may do with them, when they must go. */
import { Op, type WsHandshakeDetails } from '../../../runtime/contract/ops.ts';
import { GuestError } from '../../errors.ts';
import { limits } from '../../limits.ts';
import type {
  DeliveryItem,
  OpArgs,
  OpTable,
  Protocol,
  ProtocolHost,
  ProtocolSession,
} from '../contract.ts';
import { Connection } from './connection.ts';
import { readDialPlan } from './dial-plan.ts';
import { Dialling, type DiallingOwner } from './dialling.ts';

class WebSockets implements ProtocolSession, DiallingOwner {
  static readonly ops: OpTable<WebSockets> = {
    [Op.wsOpen]: (sockets, args) => sockets.#open(args),
    [Op.wsSendText]: (sockets, args) => sockets.#sendText(args),
    [Op.wsSendBytes]: (sockets, args) => sockets.#sendBytes(args),
    [Op.wsPing]: (sockets, args) => sockets.#ping(args),
    [Op.wsClose]: (sockets, args) => sockets.#close(args),
    [Op.wsDetails]: (sockets, args) => sockets.#details(args.number(0)),
    [Op.wsBuffered]: (sockets, args) => sockets.#live.get(args.number(0))?.bufferedAmount ?? 0,
  };

  readonly host: ProtocolHost;
  /** Connections the script knows. */
  readonly #live = new Map<number, Connection>();
  /** Connections of iterations that are over: they still close and are measured, but nobody listens. */
  readonly #leaving = new Set<Connection>();
  /** How the latest connections that ended had been answered. */
  readonly #ended = new Map<number, WsHandshakeDetails>();
  /** Those that wait for a token, their turn or another attempt. */
  readonly #dialling = new Map<number, Dialling>();
  readonly #paused = new Set<Connection>();
  #draining = false;
  #disposed = false;

  constructor(host: ProtocolHost) {
    this.host = host;
  }

  iterationStarted(): void {}

  /** What is open belongs to the iteration that is over: it is closed, and the script hears no more. */
  iterationEnded(): void {
    this.#forgetDialling();
    for (const connection of this.#leaving) connection.count();
    for (const connection of this.#live.values()) {
      connection.count();
      this.#live.delete(connection.id);
      this.#leaving.add(connection);
      connection.close(1001, '', 'iteration');
    }
    this.#ended.clear();
    // The inbox forgot whom to wake with all else of the iteration.
    this.#draining = false;
    this.#paused.clear();
  }

  dispose(): void {
    this.#disposed = true;
    this.#forgetDialling();
    for (const connection of [...this.#live.values(), ...this.#leaving]) connection.dispose();
    this.#ended.clear();
  }

  #forgetDialling(): void {
    for (const dialling of this.#dialling.values()) dialling.giveUp(false);
    this.#dialling.clear();
  }

  dialled(connection: Connection): void {
    this.#dialling.delete(connection.id);
    this.#live.set(connection.id, connection);
  }

  dropped(connection: Connection, dialling: Dialling): void {
    this.#live.delete(connection.id);
    this.#dialling.set(connection.id, dialling);
  }

  gaveUp({ id }: Dialling): void {
    this.#dialling.delete(id);
  }

  deliver(connection: Connection, item: DeliveryItem): void {
    if (this.#disposed || this.#live.get(connection.id) !== connection) return;
    if (this.host.deliver(item)) return;
    connection.pause();
    this.#paused.add(connection);
    if (this.#draining) return;
    this.#draining = true;
    this.host.onDrain(() => this.#drained());
  }

  ended(connection: Connection): void {
    this.#paused.delete(connection);
    this.#leaving.delete(connection);
    if (this.#live.get(connection.id) !== connection) return;
    this.#live.delete(connection.id);
    if (connection.details === undefined) return;
    this.#ended.set(connection.id, connection.details);
    for (const oldest of this.#ended.keys()) {
      if (this.#ended.size <= limits.wsKeptHandshakes) break;
      this.#ended.delete(oldest);
    }
  }

  #drained(): void {
    this.#draining = false;
    const waiting = [...this.#paused];
    this.#paused.clear();
    for (const connection of waiting) connection.resume();
  }

  #open(args: OpArgs): string {
    if (!this.host.mayUseNetwork()) {
      throw new GuestError('WebSocket connections in the init context are not supported');
    }
    const id = args.number(0);
    if (this.#live.has(id) || this.#dialling.has(id))
      throw new GuestError(`WebSocket id ${id} is in use`);
    const count = this.#live.size + this.#leaving.size + this.#dialling.size;
    if (count >= limits.socketsPerVu) {
      throw new GuestError(
        `this virtual user has ${limits.socketsPerVu} WebSockets, which is the limit; close some first`,
        'QuotaExceededError',
      );
    }
    const plan = readDialPlan(
      args.string(1),
      args.string(2),
      args.optionalString(3),
      this.host,
      args.number(4),
    );
    if (plan.terms === undefined) this.#live.set(id, new Connection(this, id, plan));
    else {
      const dialling = new Dialling(this, id, plan, plan.terms);
      this.#dialling.set(id, dialling);
      try {
        dialling.start();
      } catch (thrown) {
        this.#dialling.delete(id);
        throw thrown;
      }
    }
    return plan.url.href;
  }

  #find(args: OpArgs, action: string): Connection {
    const connection = this.#live.get(args.number(0));
    if (connection !== undefined) return connection;
    const state = this.#dialling.has(args.number(0))
      ? 'is not open, its readyState is CONNECTING'
      : 'is closed';
    throw new GuestError(`WebSocket ${action}: the connection ${state}`, 'InvalidStateError');
  }

  #sendText(args: OpArgs): number {
    const connection = this.#find(args, 'send');
    const text = args.string(1);
    return text.length === args.number(2) ? connection.send(text, true) : -1;
  }

  /** The flag behind the bytes says that they are text which does not cross as a string. */
  #sendBytes(args: OpArgs): number {
    const isText = args.count > 2 && args.boolean(2);
    return this.#find(args, 'send').send(args.bytes(1), isText);
  }

  #ping(args: OpArgs): undefined {
    const given = args.count > 1 && !args.isUndefined(1);
    const payload = !given ? undefined : args.isString(1) ? args.string(1) : args.bytes(1);
    this.#find(args, 'ping').ping(payload);
  }

  #close(args: OpArgs): undefined {
    const code = args.isUndefined(1) ? undefined : args.number(1);
    // Closing what is closed already is no mistake.
    this.#live.get(args.number(0))?.close(code, args.optionalString(2) ?? '');
    this.#dialling.get(args.number(0))?.giveUp(true);
  }

  #details(id: number): string | undefined {
    const details = this.#live.get(id)?.details ?? this.#ended.get(id);
    return details === undefined ? undefined : JSON.stringify(details);
  }
}

/** The WebSocket protocol. `ws_msgs_sent` counts data messages only: what a server receives. */
export const webSockets: Protocol = {
  ops: WebSockets.ops,
  open: (host) => new WebSockets(host),
};
