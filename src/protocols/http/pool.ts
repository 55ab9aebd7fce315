import { limits } from '../../limits.ts';
import type { ProtocolHost } from '../contract.ts';
import { Connection } from './connection.ts';
import type { Dialer } from './dialer.ts';
import type { Target } from './target.ts';

/**
 * The connections of one VU. As many may be busy as the VU has requests under way, so nothing ever
 * waits for another request; as in k6, `batchPerHost` a host and `batch` altogether are kept when idle.
 */
export class Pool {
  readonly #host: ProtocolHost;
  readonly #dialer: Dialer;
  readonly #localAddress: string | undefined;
  /** Idle connections by origin, the last used one last. */
  readonly #idle = new Map<string, Connection[]>();
  #idleCount = 0;
  readonly #busy = new Set<Connection>();
  readonly #gone = (connection: Connection): void => this.#drop(connection);

  constructor(host: ProtocolHost, dialer: Dialer) {
    this.#host = host;
    this.#dialer = dialer;
    const { localAddresses } = host.settings;
    this.#localAddress = localAddresses[(host.vuId - 1) % Math.max(1, localAddresses.length)];
  }

  take(target: Target): Connection {
    const list = this.#idle.get(target.origin);
    let connection = list?.pop();
    if (list?.length === 0) this.#idle.delete(target.origin);
    if (connection === undefined) {
      if (this.#busy.size + this.#idleCount >= limits.socketsPerVu) this.#dropOldest();
      connection = new Connection(this.#host, this.#dialer, target, this.#localAddress, this.#gone);
    } else {
      this.#idleCount--;
      connection.idle = false;
      connection.connectingMs = 0;
      connection.tlsMs = 0;
      connection.dnsMs = 0;
    }
    this.#busy.add(connection);
    return connection;
  }

  /** Takes a connection back after a request; `reusable` when its answer was complete. */
  release(connection: Connection, reusable: boolean): void {
    this.#busy.delete(connection);
    connection.count();
    const { settings } = this.#host;
    // The socket may be closing right now, when the server wanted that.
    if (!reusable || settings.noConnectionReuse || connection.socket === undefined) {
      connection.end();
      return;
    }
    let list = this.#idle.get(connection.origin);
    if (list === undefined) this.#idle.set(connection.origin, (list = []));
    if (list.length >= settings.batchPerHost || settings.batch <= 0) {
      connection.end();
      return;
    }
    connection.served++;
    connection.idle = true;
    connection.idleSince = this.#host.clock.now();
    list.push(connection);
    this.#idleCount++;
    if (this.#idleCount > settings.batch) this.#dropOldest();
  }

  closeIdle(): void {
    for (const list of this.#idle.values()) for (const connection of list) connection.end();
    this.#idle.clear();
    this.#idleCount = 0;
  }

  close(): void {
    this.closeIdle();
    for (const connection of this.#busy) connection.end();
    this.#busy.clear();
  }

  #drop(connection: Connection): void {
    const list = this.#idle.get(connection.origin);
    const index = list?.indexOf(connection) ?? -1;
    if (list !== undefined && index >= 0) {
      list.splice(index, 1);
      if (list.length === 0) this.#idle.delete(connection.origin);
      this.#idleCount--;
    }
    connection.end();
  }

  #dropOldest(): void {
    const oldest = this.#idle.values().next().value?.[0];
    if (oldest !== undefined) this.#drop(oldest);
  }
}
