/** The WebSockets of one VU: which there are, what the script may do with them, when they must go. */
import { Delivery, Op } from '../../../runtime/contract/ops.ts';
import { GuestError } from '../../errors.ts';
import { limits } from '../../limits.ts';
import type {
  DeliveryItem,
  OpArgs,
  OpTable,
  Protocol,
  ProtocolHost,
  ProtocolSession,
  ProtocolSettings,
} from '../contract.ts';
import { Connection, PauseReason } from './connection.ts';
import { readDialPlan } from './dial-plan.ts';
import { Dialling, type DiallingOwner } from './dialling.ts';

/** The shards, by their settings, that have told of a session which was left open. */
const warned = new WeakSet<ProtocolSettings>();

class WebSockets implements ProtocolSession, DiallingOwner {
  static readonly ops: OpTable<WebSockets> = {
    [Op.wsOpen]: (sockets, args) => sockets.#open(args),
    [Op.wsSendText]: (sockets, args) => sockets.#sendText(args),
    [Op.wsSendBytes]: (sockets, args) => sockets.#sendBytes(args),
    [Op.wsPing]: (sockets, args) => sockets.#ping(args),
    [Op.wsClose]: (sockets, args) => sockets.#close(args),
    [Op.wsDetails]: (sockets, args) => sockets.#details(args.number(0)),
    [Op.wsBuffered]: (sockets, args) => sockets.#live.get(args.number(0))?.bufferedAmount ?? 0,
    [Op.wsFlow]: (sockets, args) => sockets.#flow(args),
    [Op.wsDrain]: (sockets, args) => {
      sockets.#find(args, 'drained').tellDrained();
    },
    [Op.wsEnd]: (sockets, args) => sockets.#ended.get(args.number(0))?.endJson,
  };

  readonly host: ProtocolHost;
  /** Connections the script knows. */
  readonly #live = new Map<number, Connection>();
  /** Connections of iterations that are over: they still close and are measured, but nobody listens. */
  readonly #leaving = new Set<Connection>();
  /** How the latest connections that ended had been answered, and how sessions among them ended. */
  readonly #ended = new Map<number, Pick<Connection, 'details' | 'endJson' | 'isKept'>>();
  /** What kept sessions told between two iterations. */
  #held = new Map<number, { items: DeliveryItem[]; bytes: number }>();
  /** No iteration runs. */
  #idle = false;
  /** Those that wait for a token, their turn or another attempt. */
  readonly #dialling = new Map<number, Dialling>();
  readonly #paused = new Set<Connection>();
  #draining = false;
  #disposed = false;

  constructor(host: ProtocolHost) {
    this.host = host;
  }

  /** What kept sessions have to tell waits until the iteration has been asked for. */
  iterationStarted(): void {
    this.#idle = false;
    if (this.#held.size === 0) return;
    const held = this.#held;
    this.#held = new Map();
    for (const [id, { items }] of held) {
      const connection = this.#live.get(id);
      for (const item of items) this.#hand(connection, item);
      connection?.resume(PauseReason.idle);
    }
  }

  /**
   * What is open belongs to the iteration that is over: it is closed, and the script hears no more. Kept
   * sessions stay.
   */
  iterationEnded(interrupted: boolean): void {
    this.#idle = true;
    this.#forgetDialling();
    for (const connection of this.#leaving) connection.count();
    for (const connection of this.#live.values()) {
      connection.count();
      if (connection.isKept) continue;
      if (!interrupted) this.#leaked(connection);
      this.#live.delete(connection.id);
      this.#leaving.add(connection);
      connection.close(1001, '', 'iteration');
    }
    for (const [id, { isKept }] of this.#ended) if (!isKept) this.#ended.delete(id);
    // The inbox forgot whom to wake with all else of the iteration.
    this.#draining = false;
    for (const connection of this.#paused) connection.resume(PauseReason.inbox);
    this.#paused.clear();
  }

  /** The iteration ended before it was told this: a kept session tells it to the next. */
  unheard(item: DeliveryItem): void {
    const connection = this.#live.get(item.id);
    if ((connection ?? this.#ended.get(item.id))?.isKept) this.#hold(connection, item);
  }

  /** The VU leaves its scenario: what was kept is closed in order. In another scenario it hears of that. */
  scenarioEnded(): void {
    this.#forgetDialling();
    for (const connection of this.#live.values()) connection.close(1001, '', 'vu');
  }

  #leaked(connection: Connection): void {
    const name = connection.leaked();
    const { settings } = this.host;
    if (name === undefined || warned.has(settings)) return;
    warned.add(settings);
    this.host.log(
      'warning',
      `the session "${name}" was still open when its iteration ended: it is closed with 1001 and counted in ` +
        'ws_sessions_leaked, as are all that follow; close it (await s.close()), or connect with keep: true ' +
        'when it is to live on',
    );
  }

  dispose(): void {
    this.#disposed = true;
    this.#forgetDialling();
    for (const connection of [...this.#live.values(), ...this.#leaving]) connection.dispose();
    this.#ended.clear();
    this.#held.clear();
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
    if (this.#idle && connection.isKept) this.#hold(connection, item);
    else this.#hand(connection, item);
  }

  #hand(connection: Connection | undefined, item: DeliveryItem): void {
    if (this.host.deliver(item) || connection === undefined) return;
    connection.pause(PauseReason.inbox);
    this.#paused.add(connection);
    if (this.#draining) return;
    this.#draining = true;
    this.host.onDrain(() => this.#drained());
  }

  /** Keeps it for the next iteration; above the bound the connection is not read. */
  #hold(connection: Connection | undefined, item: DeliveryItem): void {
    // How long a ping took is of no interest any more by then.
    if (item.kind === Delivery.wsPong) return;
    let held = this.#held.get(item.id);
    if (held === undefined) this.#held.set(item.id, (held = { items: [], bytes: 0 }));
    held.items.push(item);
    held.bytes += (item.utf8 ?? item.bytes ?? item.text)?.length ?? 0;
    if (held.items.length >= limits.wsHeldMessages || held.bytes >= limits.wsHeldBytes) {
      connection?.pause(PauseReason.idle);
    }
  }

  ended(connection: Connection): void {
    this.#paused.delete(connection);
    this.#leaving.delete(connection);
    if (this.#live.get(connection.id) !== connection) return;
    const { id, details, endJson, isKept } = connection;
    this.#live.delete(id);
    if (details === undefined && !isKept) return;
    this.#ended.set(id, { details, endJson, isKept });
    for (const oldest of this.#ended.keys()) {
      if (this.#ended.size <= limits.wsKeptHandshakes) break;
      this.#ended.delete(oldest);
    }
  }

  #drained(): void {
    this.#draining = false;
    const waiting = [...this.#paused];
    this.#paused.clear();
    for (const connection of waiting) connection.resume(PauseReason.inbox);
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

  #flow(args: OpArgs): undefined {
    const connection = this.#live.get(args.number(0));
    if (args.boolean(1)) connection?.pause(PauseReason.script);
    else connection?.resume(PauseReason.script);
  }

  #details(id: number): string | undefined {
    const { details } = this.#live.get(id) ?? this.#ended.get(id) ?? {};
    return details === undefined ? undefined : JSON.stringify(details);
  }
}

/** The WebSocket protocol. `ws_msgs_sent` counts data messages only: what a server receives. */
export const webSockets: Protocol = {
  ops: WebSockets.ops,
  open: (host) => new WebSockets(host),
};
