import { limits } from '../limits.ts';
import type { Knobs } from './knobs.ts';
import { Limiter, type LimiterOptions, type LimiterVerdict } from './limiter.ts';

/** Whose call it is, in every way a limit may look at it. */
export interface Caller {
  token: string;
  client: string;
  address: string;
}

type RestScope = NonNullable<Knobs['rest']>['scope'];

/** A limit of REST calls that was reached. */
export interface Reached {
  /** `rest-limit`, `bucket:NAME` or `quota`. */
  decision: string;
  resetMs: number;
  retryAfter: NonNullable<Knobs['rest']>['retryAfter'];
  /** The bucket whose headers are shown; without it, those of the answer's own are. */
  shown: LimiterVerdict | undefined;
}

/** Everything of the platform that counts calls against a limit. */
export class Gates {
  #knobs: Knobs;
  #rest: Limiter | undefined;
  #handshakes: Limiter | undefined;
  #token: Limiter | undefined;
  #messages: Limiter | undefined;
  #requests: Limiter | undefined;
  #buckets = new Map<string, Limiter>();
  /** Calls of the quota by whose they are. */
  readonly #spent = new Map<string, number>();

  constructor(knobs: Knobs) {
    this.#knobs = knobs;
    this.#make();
  }

  /** Takes other knobs; a limit they do not concern goes on counting where it was. */
  adopt(knobs: Knobs): void {
    const old = this.#knobs;
    this.#knobs = knobs;
    this.#make(old);
  }

  /** Counts one REST call: at the limit of all calls, at the buckets it belongs to, at the quota. */
  rest(
    operation: string,
    caller: Caller,
    now: number,
  ): { shown: LimiterVerdict | undefined; reached: Reached | undefined } {
    const { rest, restBuckets, quota } = this.#knobs;
    const verdict = rest ? this.#rest?.take(keyOf(rest.scope, caller), now) : undefined;
    const shown = rest?.headers ? verdict : undefined;
    let reached: Reached | undefined;
    if (rest && verdict && !verdict.allowed) {
      const { retryAfter } = rest;
      reached = { decision: 'rest-limit', resetMs: verdict.resetMs, retryAfter, shown };
    }
    for (const [name, bucket] of Object.entries(restBuckets)) {
      if (bucket.match !== '*' && bucket.match !== operation) continue;
      const own = this.#buckets.get(name)?.take(keyOf(bucket.scope, caller), now);
      if (!own || own.allowed || reached) continue;
      reached = {
        decision: `bucket:${name}`,
        resetMs: own.resetMs,
        retryAfter: bucket.retryAfter,
        shown: bucket.headers ? own : shown,
      };
    }
    if (quota !== null) {
      const key = keyOf(quota.scope, caller);
      const spent = (this.#spent.get(key) ?? 0) + 1;
      if (this.#spent.size < limits.simulatorLimiterKeys || this.#spent.has(key)) {
        this.#spent.set(key, spent);
      }
      if (spent > quota.calls) {
        const resetMs = quota.retryAfterMs * this.#knobs.scale;
        reached ??= { decision: 'quota', resetMs, retryAfter: 'delta', shown };
      }
    }
    return { shown, reached };
  }

  handshake(key: string, now: number): LimiterVerdict | undefined {
    return this.#handshakes?.take(key, now);
  }

  token(key: string, now: number): LimiterVerdict | undefined {
    return this.#token?.take(key, now);
  }

  /**
   * Counts what a client sent on an open WebSocket; a message counts as a request as well.
   * @returns the limit that was reached, if one was
   */
  inband(session: string, isMessage: boolean, now: number): LimiterVerdict | undefined {
    const request = this.#requests?.take(session, now);
    const message = isMessage ? this.#messages?.take(session, now) : undefined;
    if (message && !message.allowed) return message;
    return request && !request.allowed ? request : undefined;
  }

  #make(old?: Knobs): void {
    const knobs = this.#knobs;
    const { scale, rest, handshakes, token, inband, restBuckets, quota } = knobs;
    const isNew = (pick: (k: Knobs) => unknown): boolean =>
      !old || old.scale !== scale || JSON.stringify(pick(old)) !== JSON.stringify(pick(knobs));
    const limiter = (window: LimiterOptions): Limiter =>
      new Limiter({ ...window, windowMs: window.windowMs * scale });
    const perWindow = (limit: number, windowMs: number): Limiter =>
      limiter({ limit, windowMs, anchor: 'first', burst: null, countRejected: true });

    if (isNew((k) => k.rest)) this.#rest = rest ? limiter(rest) : undefined;
    if (isNew((k) => k.handshakes)) this.#handshakes = handshakes ? limiter(handshakes) : undefined;
    if (isNew((k) => k.token)) {
      this.#token = token.limit === null ? undefined : perWindow(token.limit, token.windowMs);
    }
    if (isNew((k) => k.inband)) {
      this.#messages = inband ? perWindow(inband.messagesPerSecond, 1_000) : undefined;
      this.#requests = inband ? perWindow(inband.requestsPerMinute, 60_000) : undefined;
    }
    if (isNew((k) => k.restBuckets)) {
      this.#buckets = new Map(
        Object.entries(restBuckets).map(([name, bucket]) => [name, limiter(bucket)]),
      );
    }
    if (isNew((k) => k.quota) || quota === null) this.#spent.clear();
  }
}

function keyOf(scope: RestScope, caller: Caller): string {
  if (scope === 'org') return '';
  return scope === 'ip' ? caller.address : caller[scope];
}
