/**
 * One operation of a script that has terms: what it waits for before each attempt (a token, limits), and
 * whether and when there is another one. What an attempt is, its protocol knows.
 */
import { type FailureName, mayRepeat, ownWaitMs } from '../citizen/backoff.ts';
import type { Limiter } from '../citizen/limiter.ts';
import { type HeaderReader, rateStateOf } from '../citizen/rate-headers.ts';
import { inBandRetryAfterMs, retryAfterMs } from '../citizen/retry-after.ts';
import type { Bearer, TokenHolder } from '../citizen/token-holder.ts';
import type { BuiltinName, TagSet } from '../metrics/contract.ts';
import type { ProtocolHost } from './contract.ts';
import type { Terms } from './terms.ts';

/** How an attempt ended. */
export interface Outcome {
  /** 0 when there was no answer. */
  status: number;
  /** Why not, where it is one a policy can name. */
  failure: FailureName | undefined;
  header: HeaderReader;
  /** The beginning of the answer's body, as text; asked only of refusals. */
  body(): string;
  /** Whether the token went along. */
  authorized: boolean;
}

/** Statuses that may say how long to stay away. */
const staysAway = new Set([429, 503]);
const longestTimerMs = 2 ** 31 - 1;

export class Courtesy {
  readonly #host: ProtocolHost;
  readonly #terms: Terms;
  readonly #method: string;
  readonly #tags: TagSet;
  readonly #holder: TokenHolder | undefined;
  /** Limiters this attempt is in. */
  #inside: Limiter[] = [];
  /** Gives up what the operation waits for now. */
  #leave: (() => void) | undefined;
  #timer: NodeJS.Timeout | undefined;
  #over = false;
  #bearer: Bearer | undefined;
  #retries = 0;
  #waitMs = 0;
  #reauthorized = false;
  #waited: { waited?: number; asked?: number } = {};
  /** Before this instant the target did not want to be asked again. */
  #notBefore = Number.NEGATIVE_INFINITY;

  /** `method` is that of HTTP, or WS; `tags` go with the samples. */
  constructor(host: ProtocolHost, terms: Terms, method: string, tags: TagSet) {
    this.#host = host;
    this.#terms = terms;
    this.#method = method;
    this.#tags = tags;
    const { auth, retry } = terms;
    if (auth !== undefined) this.#holder = host.token(auth.client, auth.user);
    if (retry !== undefined) host.citizen.budget(retry)?.operation(host.clock.now());
  }

  /** The token to send, once `admit` has let the attempt go. */
  get token(): string | undefined {
    return this.#bearer?.value;
  }

  /** Of an attempt after a retry: what it waited, and what the attempt before had been asked to. */
  get waited(): { waited?: number; asked?: number } {
    return this.#waited;
  }

  get idempotencyKey(): string | undefined {
    return this.#terms.idempotencyKey;
  }

  /** Calls `go` once the attempt has a token and every limit lets it in, or `refuse` with a sentence. */
  admit(go: () => void, refuse: (why: string) => void): void {
    if (this.#over) return;
    if (this.#holder === undefined) {
      this.#enter(0, go);
      return;
    }
    this.#leave = this.#holder.take((bearer, error) => {
      this.#leave = undefined;
      if (this.#over) return;
      this.#bearer = bearer;
      if (bearer === undefined) refuse(`no token could be had: ${error}`);
      else this.#enter(0, go);
    });
  }

  /** Stands in the line of the limit with this index, and of those after it. */
  #enter(index: number, go: () => void): void {
    const limiter = this.#terms.limiters[index];
    if (limiter === undefined) {
      this.#noteViolation();
      go();
      return;
    }
    const since = this.#host.clock.now();
    let entered = false;
    const leave = limiter.enter(() => {
      entered = true;
      this.#leave = undefined;
      if (this.#over) {
        limiter.leave();
        return;
      }
      this.#inside.push(limiter);
      const tags = this.#tags.with('limit', limiter.name);
      this.#sample('limit_wait', this.#host.clock.now() - since, tags);
      this.#enter(index + 1, go);
    });
    if (!entered) this.#leave = leave;
  }

  #noteViolation(): void {
    if (this.#host.clock.now() < this.#notBefore) this.#sample('retry_after_violations', 1);
    this.#notBefore = Number.NEGATIVE_INFINITY;
  }

  /**
   * The attempt has ended. Returns true when there is another one: `again` is called when it is time to
   * ask for admission. Otherwise the operation is over.
   */
  ended(outcome: Outcome, again: () => void): boolean {
    const { status } = outcome;
    const askedMs = this.#askedMs(outcome);
    const inside = this.#inside;
    this.#inside = [];
    if (inside.length > 0) {
      const rate = status > 0 ? rateStateOf(outcome.header, this.#wall()) : undefined;
      for (const limiter of inside) {
        if (status > 0) limiter.heard(rate, staysAway.has(status) ? askedMs : undefined);
        limiter.leave();
      }
    }
    if (this.#over) return false;
    if (this.#bearer !== undefined && outcome.authorized && status > 0) {
      if (status !== 401) this.#holder?.accepted(this.#bearer.generation);
      else if (this.#authorizeAnew(this.#bearer)) {
        this.#sample('retries', 1, this.#tags.with('reason', '401'));
        this.#waited = {};
        again();
        return true;
      }
    }
    return this.#retryAfter(outcome, askedMs, again);
  }

  /** The attempt succeeded and goes on, as an open connection does: it stays within its limits. */
  accepted(header: HeaderReader): void {
    if (this.#bearer !== undefined) this.#holder?.accepted(this.#bearer.generation);
    if (this.#inside.length === 0) return;
    const rate = rateStateOf(header, this.#wall());
    for (const limiter of this.#inside) limiter.heard(rate, undefined);
  }

  /** Whether a 401 is worth another attempt: once per operation, with another token. */
  #authorizeAnew({ generation }: Bearer): boolean {
    const worth = this.#holder?.refused(generation) === true && !this.#reauthorized;
    this.#reauthorized = true;
    return worth;
  }

  #retryAfter(outcome: Outcome, askedMs: number | undefined, again: () => void): boolean {
    const policy = this.#terms.retry;
    const reason = outcome.status > 0 ? String(outcome.status) : outcome.failure;
    if (policy === undefined || policy.max === 0 || reason === undefined) return false;
    if (!policy.on.includes(reason)) return false;
    const { clock, citizen } = this.#host;
    if (!mayRepeat(policy, this.#method, this.#terms.idempotencyKey !== undefined)) {
      return this.#giveUp('method');
    }
    if (this.#retries >= policy.max) return this.#giveUp('max');
    const honoured = policy.honourRetryAfter ? (askedMs ?? 0) : 0;
    if (honoured > policy.retryAfterCapMs) return this.#giveUp('retry_after_cap');
    const now = clock.now();
    if (citizen.budget(policy)?.take(now) === false) return this.#giveUp('budget');
    this.#waitMs = ownWaitMs(policy, this.#retries, this.#waitMs, () => this.#host.random());
    this.#retries++;
    if (askedMs !== undefined) this.#notBefore = now + askedMs;
    const wait = honoured + this.#waitMs;
    this.#sample('retries', 1, this.#tags.with('reason', reason));
    this.#sample('retry_wait', wait);
    this.#waited = { waited: wait, ...(askedMs !== undefined && { asked: askedMs }) };
    // A timer of Node's may fire a fraction of a millisecond early.
    const due = (): void => {
      const left = now + wait - clock.now();
      if (left <= 0) again();
      else this.#timer = setTimeout(due, Math.ceil(left));
    };
    this.#timer = setTimeout(due, Math.min(wait, longestTimerMs));
    return true;
  }

  #giveUp(reason: string): false {
    this.#sample('retries_given_up', 1, this.#tags.with('reason', reason));
    return false;
  }

  /** Milliseconds the answer asks to wait, or undefined when it asks for none. */
  #askedMs(outcome: Outcome): number | undefined {
    const { status, header } = outcome;
    if (status === 0) return undefined;
    const isRefusal = staysAway.has(status) || this.#terms.retry?.on.includes(String(status));
    if (isRefusal !== true) return undefined;
    // Some say it more exactly in a header of their own.
    const exact = header('retry-after-ms');
    if (exact !== undefined && /^\d+(\.\d+)?$/.test(exact)) return Number(exact);
    const value = header('retry-after');
    const told =
      value === undefined ? undefined : retryAfterMs(value, header('date'), this.#wall());
    return told ?? inBandRetryAfterMs(outcome.body());
  }

  /** The operation is over, or given up: whatever it waits for or holds is let go. */
  stop(): void {
    if (this.#over) return;
    this.#over = true;
    clearTimeout(this.#timer);
    this.#leave?.();
    this.#leave = undefined;
    for (const limiter of this.#inside) limiter.leave();
    this.#inside = [];
  }

  #wall(): number {
    const { clock } = this.#host;
    return clock.wall(clock.now());
  }

  #sample(name: BuiltinName, value: number, tags: TagSet = this.#tags): void {
    const { recorder, builtins } = this.#host;
    recorder.add(builtins[name], tags, value, this.#wall());
  }
}
