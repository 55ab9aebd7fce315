/** Requests of one method, path template and status. */
export interface RequestCount {
  method: string;
  /** Ids are `{id}`; a path nobody knows is `(unknown)`. */
  path: string;
  /** The status sent, `none` for a connection cut without one, `aborted` when the client left before. */
  status: string;
  count: number;
}

/** Exact counts since the start or the last reset, to hold a client's own counts against. */
export interface Counts {
  requests: RequestCount[];
  /** By status sent; `none` is a connection cut without an answer, `aborted` a client that left. */
  upgrades: Record<string, number>;
  messages: { received: number; sent: number };
  /** By code as the server saw it: 1006 when no close frame came from the client. */
  closes: Record<string, number>;
  /** `kind:decision` of the ledger. */
  decisions: Record<string, number>;
  sockets: { accepted: number; peak: number };
  /** Questions about the simulator itself, by status; they are none of the platform's requests. */
  admin: Record<string, number>;
}

export class Tally {
  readonly #requests = new Map<string, RequestCount>();
  readonly #upgrades = new Map<string, number>();
  readonly #closes = new Map<string, number>();
  readonly #decisions = new Map<string, number>();
  readonly #admin = new Map<string, number>();
  received = 0;
  sent = 0;
  accepted = 0;
  peak = 0;

  request(method: string, path: string, status: number | 'none' | 'aborted'): void {
    const key = `${method} ${path} ${status}`;
    const found = this.#requests.get(key);
    if (found) found.count++;
    else this.#requests.set(key, { method, path, status: String(status), count: 1 });
  }

  upgrade(status: number | 'none' | 'aborted'): void {
    increment(this.#upgrades, String(status));
  }

  close(code: number): void {
    increment(this.#closes, String(code));
  }

  admin(status: number): void {
    increment(this.#admin, String(status));
  }

  decision(kind: string, decision: string): void {
    increment(this.#decisions, `${kind}:${decision}`);
  }

  counts(): Counts {
    return {
      requests: [...this.#requests.values()].map((entry) => ({ ...entry })),
      upgrades: Object.fromEntries(this.#upgrades),
      messages: { received: this.received, sent: this.sent },
      closes: Object.fromEntries(this.#closes),
      decisions: Object.fromEntries(this.#decisions),
      sockets: { accepted: this.accepted, peak: this.peak },
      admin: Object.fromEntries(this.#admin),
    };
  }
}

function increment(map: Map<string, number>, key: string): void {
  map.set(key, (map.get(key) ?? 0) + 1);
}
