/**
 * The coordinator's side of shared tokens: one token per client for the whole run. One shard at a time
 * is sent for a new one; all hear of it.
 */
import type { Clock } from '../clock.ts';
import { limits } from '../limits.ts';
import { refreshInMs, type TokenClientSpec, type TokenOutcome } from './token-client.ts';

/** What a shard is told of a client's token. Times count from the moment it hears of it. */
export type TokenNews =
  | { generation: number; value: string; refreshInMs: number; expiresInMs: number }
  /** `generation` is that of the token there was before; after `pauseMs` one may ask again. */
  | { generation: number; error: string; pauseMs: number };

export interface TokenShards {
  /** Sends a shard for a new token of this client. */
  send(shard: number, client: number): void;
  tell(shard: number, client: number, news: TokenNews): void;
  /** Indexes of the shards that live. */
  living(): readonly number[];
}

interface State {
  /** 0 before the first token. */
  generation: number;
  value: string | undefined;
  refreshAt: number;
  expiresAt: number;
  /** The shard that was sent for a new one. */
  sent: number | undefined;
  /** Who asked meanwhile. */
  wanting: Set<number>;
  failures: number;
  error: string;
  pauseUntil: number;
}

export class TokenOffice {
  readonly #clients: readonly TokenClientSpec[];
  readonly #shards: TokenShards;
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #states: State[];

  constructor(
    clients: readonly TokenClientSpec[],
    shards: TokenShards,
    clock: Clock,
    random: () => number,
  ) {
    this.#clients = clients;
    this.#shards = shards;
    this.#clock = clock;
    this.#random = random;
    this.#states = clients.map(() => ({
      generation: 0,
      value: undefined,
      refreshAt: 0,
      expiresAt: 0,
      sent: undefined,
      wanting: new Set(),
      failures: 0,
      error: '',
      pauseUntil: Number.NEGATIVE_INFINITY,
    }));
  }

  /** A shard wants a newer token than that of the generation it names. */
  wanted(shard: number, client: number, generation: number): void {
    const state = this.#states[client];
    if (state === undefined) return;
    if (state.generation > generation && state.value !== undefined) {
      this.#shards.tell(shard, client, this.#token(state, state.value));
      return;
    }
    state.wanting.add(shard);
    if (state.sent !== undefined) return;
    if (this.#clock.now() < state.pauseUntil) {
      state.wanting.delete(shard);
      this.#shards.tell(shard, client, this.#failure(state));
      return;
    }
    this.#send(shard, client, state);
  }

  /** A shard that was sent comes back. */
  fetched(shard: number, client: number, outcome: TokenOutcome): void {
    const state = this.#states[client];
    if (state === undefined || state.sent !== shard) return;
    state.sent = undefined;
    state.wanting.clear();
    const now = this.#clock.now();
    if ('grant' in outcome) {
      const { value, lifeMs } = outcome.grant;
      state.generation++;
      state.value = value;
      state.refreshAt =
        now + refreshInMs(this.#clients[client] as TokenClientSpec, lifeMs, this.#random);
      state.expiresAt = now + lifeMs;
      state.failures = 0;
      state.pauseUntil = Number.NEGATIVE_INFINITY;
    } else {
      state.error = outcome.error;
      state.pauseUntil =
        now + Math.min(limits.tokenPauseMaxMs, limits.tokenPauseMs * 2 ** state.failures);
      // Beyond this the longest pause is reached.
      state.failures = Math.min(30, state.failures + 1);
    }
    const news =
      'grant' in outcome ? this.#token(state, outcome.grant.value) : this.#failure(state);
    for (const one of this.#shards.living()) this.#shards.tell(one, client, news);
  }

  /** A shard is gone: whoever still waits for what it was sent for is sent instead. */
  lost(shard: number): void {
    for (const [client, state] of this.#states.entries()) {
      state.wanting.delete(shard);
      if (state.sent !== shard) continue;
      state.sent = undefined;
      const living = new Set(this.#shards.living());
      const next = [...state.wanting].find((one) => living.has(one));
      if (next !== undefined) this.#send(next, client, state);
    }
  }

  #send(shard: number, client: number, state: State): void {
    state.sent = shard;
    this.#shards.send(shard, client);
  }

  #token(state: State, value: string): TokenNews {
    const now = this.#clock.now();
    return {
      generation: state.generation,
      value,
      refreshInMs: state.refreshAt - now,
      expiresInMs: state.expiresAt - now,
    };
  }

  #failure(state: State): TokenNews {
    const pauseMs = Math.max(0, state.pauseUntil - this.#clock.now());
    return { generation: state.generation, error: state.error, pauseMs };
  }
}
