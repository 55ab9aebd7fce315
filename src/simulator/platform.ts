import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { monotonicClock } from '../clock.ts';
import { limits } from '../limits.ts';
import { Channels } from './channels.ts';
import { Gates } from './gates.ts';
import { Guests } from './guests.ts';
import type { Knobs } from './knobs.ts';
import type { Ledger, LedgerKind } from './ledger.ts';
import { Prng } from './prng.ts';
import type { Session } from './session.ts';
import type { SeatedSession } from './talk.ts';
import { Tally } from './tally.ts';
import { Tokens } from './tokens.ts';
import { Turnstile } from './turnstile.ts';

export interface Conversation {
  id: string;
  /** Milliseconds since 1970. */
  startedAt: number;
  session: SeatedSession | undefined;
}

/** What there are ids of; each sort counts for itself, whatever the others do. */
export type IdKind = `correlation-${LedgerKind}` | 'conversation' | 'token' | 'channel' | 'message';

const longestTimerMs = 2 ** 31 - 1;
/** The longest attempt header the ledger keeps. */
const attemptLength = 128;

/**
 * Everything the simulated platform knows between one reset and the next. A reset makes a new one, so
 * that what is still under way in the old one (a hanging request, a closing socket) counts there.
 */
export class Platform {
  knobs: Knobs;
  readonly tally = new Tally();
  readonly tokens = new Tokens();
  readonly channels = new Channels((decision, corr) => this.decide('ws', decision, corr));
  readonly guests = new Guests();
  readonly gates: Gates;
  /** Sessions that hold a slot, the oldest first. */
  readonly sessions = new Set<Session>();
  readonly dataActions = new Turnstile(() => this.knobs.dataAction.maxConcurrent);
  readonly #conversations = new Map<string, Conversation>();
  readonly #ledger: Ledger;
  readonly #startedAt = monotonicClock.now();
  /** Sockets that asked for an upgrade, whatever became of it. */
  readonly #upgradeSockets = new Set<Duplex>();
  readonly #greeted = new WeakSet<object>();
  #prng: Prng;
  #disconnectTimer: NodeJS.Timeout | undefined;
  #ordinals = { accepted: 0, rejected: 0, rest: 0 };
  /** Upgrades the edge should have given up on so far, with a fraction. */
  #saturated = 0;
  #isOver = false;
  /** When the first call of a client came, on the monotonic clock: what happens later counts from there. */
  #begunAt: number | undefined;
  #onBegin: () => void = () => {};
  openSockets = 0;

  constructor(knobs: Knobs, ledger: Ledger) {
    this.knobs = knobs;
    this.#ledger = ledger;
    this.#prng = new Prng(knobs.seed);
    this.gates = new Gates(knobs);
  }

  /** A client calls. However long it took to start, its first call is where the plan begins. */
  begin(): void {
    if (this.#begunAt !== undefined) return;
    this.#begunAt = monotonicClock.now();
    this.#planMassDisconnect();
    this.#onBegin();
  }

  /** Calls at the first call of a client, or now if there was one. */
  onBegin(run: () => void): void {
    this.#onBegin = run;
    if (this.#begunAt !== undefined) run();
  }

  get uptimeMs(): number {
    return monotonicClock.now() - this.#startedAt;
  }

  /** Milliseconds since 1970 on a clock that never steps. */
  get wallMs(): number {
    return monotonicClock.wall(monotonicClock.now());
  }

  /** Takes other knobs; what they do not concern goes on as it was. */
  adopt(knobs: Knobs): void {
    const old = this.knobs;
    this.knobs = knobs;
    const isNew = (pick: (k: Knobs) => unknown): boolean =>
      old.scale !== knobs.scale || JSON.stringify(pick(old)) !== JSON.stringify(pick(knobs));
    this.gates.adopt(knobs);
    if (old.seed !== knobs.seed) this.#prng = new Prng(knobs.seed);
    if (isNew((k) => k.massDisconnect) && this.#begunAt !== undefined) this.#planMassDisconnect();
  }

  /** Ends every session and hanging upgrade; nothing reaches the ledger any more. */
  end(): void {
    this.#isOver = true;
    clearTimeout(this.#disconnectTimer);
    for (const socket of this.#upgradeSockets) socket.destroy();
  }

  track(socket: Duplex): void {
    this.#upgradeSockets.add(socket);
    socket.once('close', () => this.#upgradeSockets.delete(socket));
  }

  /** Writes one decision down, in the ledger and in the counts. */
  decide(kind: LedgerKind, decision: string, corr: string, attempt?: string): void {
    if (this.#isOver) return;
    this.tally.decision(kind, decision);
    this.#ledger.add({
      t: Math.round(this.uptimeMs * 10) / 10,
      kind,
      decision,
      corr,
      active: this.sessions.size,
      ...(attempt === undefined ? {} : { attemptHeader: attempt.slice(0, attemptLength) }),
    });
  }

  uuid(kind: IdKind): string {
    return this.#prng.uuid(kind);
  }

  /** Real milliseconds of simulated ones, at most what a timer takes: beyond, Node fires at once. */
  scaled(ms: number): number {
    return Math.min(ms * this.knobs.scale, longestTimerMs);
  }

  /** Runs after simulated milliseconds; at once if there are none. Keeps no process alive. */
  later(ms: number, run: () => void): void {
    if (ms <= 0) {
      run();
      return;
    }
    setTimeout(run, this.scaled(ms)).unref();
  }

  /** Simulated milliseconds an answer takes. */
  latencyMs(kind: 'upgrade' | 'rest'): number {
    const { base, perActive, sigma } = this.knobs.latency[kind];
    const noise = sigma > 0 ? Math.exp(sigma * this.#prng.normal(`latency-${kind}`)) : 0;
    return base + perActive * this.sessions.size + noise;
  }

  /** Simulated milliseconds the first answer on this connection takes longer. */
  greetingMs(socket: object): number {
    if (this.#greeted.has(socket)) return 0;
    this.#greeted.add(socket);
    return this.knobs.latency.connectMs;
  }

  /** Whether the edge gives up on this upgrade. */
  isSaturated(): boolean {
    const { saturation } = this.knobs;
    if (saturation === null || this.sessions.size < saturation.at) return false;
    const over = this.sessions.size - saturation.at;
    const before = this.#saturated;
    this.#saturated += Math.min(1, saturation.share + saturation.perActive * over);
    // Tenths do not add up to one exactly.
    return Math.floor(this.#saturated + 1e-9) > Math.floor(before + 1e-9);
  }

  /** Whether the next REST call goes wrong on the way. */
  isNextFaulty(): boolean {
    const ordinal = ++this.#ordinals.rest;
    return this.knobs.restFault !== null && ordinal % this.knobs.restFault.everyNth === 0;
  }

  /** The status with which even a good token is refused by now, if it is. */
  denial(of: 'rest' | 'upgrade'): 401 | 403 | undefined {
    const { auth } = this.knobs;
    if (auth === null || (auth.on !== 'both' && auth.on !== of)) return undefined;
    const sinceMs = monotonicClock.now() - (this.#begunAt ?? Infinity);
    if (sinceMs < this.scaled(auth.atMs)) return undefined;
    return auth.status === '401' ? 401 : 403;
  }

  /** Whether the next accepted session is one of those that are lost. */
  isNextDropped(): boolean {
    const ordinal = ++this.#ordinals.accepted;
    return this.knobs.drop !== null && ordinal % this.knobs.drop.everyNth === 0;
  }

  /** Counts a rejection for rate; every so many cost a live session. */
  countRejection(): void {
    const penalty = this.knobs.throttlePenalty;
    if (penalty === null || ++this.#ordinals.rejected % penalty.everyRejects !== 0) return;
    this.victim(penalty.destroy)?.end('penalty', 'destroy');
  }

  /** The oldest or newest session that is open and not on its way out. */
  victim(which: 'oldest' | 'newest'): Session | undefined {
    let found: Session | undefined;
    for (const session of this.sessions) {
      if (!session.isOpen) continue;
      found = session;
      if (which === 'oldest') break;
    }
    return found;
  }

  conversation(id: string): Conversation | undefined {
    return this.#conversations.get(id);
  }

  /** Adds a conversation; the oldest one is forgotten when there are too many. */
  converse(id: string): Conversation {
    if (this.#conversations.size >= limits.simulatorConversations) {
      const oldest = this.#conversations.keys().next();
      if (!oldest.done) this.#conversations.delete(oldest.value);
    }
    const conversation = { id, startedAt: this.wallMs, session: undefined };
    this.#conversations.set(id, conversation);
    return conversation;
  }

  endConversation(id: string): void {
    this.#conversations.get(id)?.session?.end('deleted', 'close:1000', 'conversation ended');
    this.#conversations.delete(id);
  }

  #planMassDisconnect(): void {
    clearTimeout(this.#disconnectTimer);
    const plan = this.knobs.massDisconnect;
    if (plan === null) return;
    this.#disconnectTimer = setTimeout(() => {
      let ordinal = 0;
      for (const session of this.sessions) {
        if (!session.isOpen || !isChosen(++ordinal, plan.share)) continue;
        const how = plan.code === 1006 ? 'fin' : (`close:${plan.code}` as const);
        session.end('mass-disconnect', how, 'service restart');
      }
    }, this.scaled(plan.atMs));
  }
}

/** Whether the k-th is one of this share, spread evenly: for 1/n it is every n-th. */
function isChosen(k: number, share: number): boolean {
  return Math.floor(k * share) > Math.floor((k - 1) * share);
}

/** The token of an `Authorization: Bearer` header. */
export function bearerOf(request: IncomingMessage): string | undefined {
  return /^Bearer\s+(\S+)\s*$/i.exec(request.headers.authorization ?? '')?.[1];
}

/** The name a client gives its attempt, for the ledger. */
export function attemptOf(request: IncomingMessage): string | undefined {
  const header = request.headers['x-vurun-attempt'];
  return Array.isArray(header) ? header[0] : header;
}
