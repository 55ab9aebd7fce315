/**
 * What bounds how often or how many at once, over all VUs of all shards. Each limiter has a few words
 * of memory that all shards see; nothing is locked, and nobody has to ask the coordinator.
 */
import type { Clock } from '../clock.ts';
import type { RateState } from './rate-headers.ts';

/** A limiter as the script declared it. */
export type LimiterSpec =
  /** So many starts in `perMs`, evenly spaced but for `burst` of them. */
  | { kind: 'rate'; name: string; count: number; perMs: number; burst: number }
  /** So many at once. */
  | { kind: 'concurrent'; name: string; count: number }
  /** As many as the target's rate-limit headers leave. */
  | { kind: 'headers'; name: string };

export interface Limiter {
  readonly name: string;
  /** Whether who came in keeps others out until it leaves. */
  readonly holds: boolean;
  /** Calls `go` at this one's turn, maybe at once. Returns how to give up waiting. */
  enter(go: () => void): () => void;
  /** Who came in is done. */
  leave(): void;
  /** What an answer said: of the rate limit, and how long to stay away (milliseconds). */
  heard(rate: RateState | undefined, stayAwayMs: number | undefined): void;
}

/** Where a limiter stands: its memory, the clock all shards share, and which shard this is. */
export interface LimiterPlace {
  words: BigInt64Array;
  clock: Clock;
  shard: number;
  shards: number;
  /** From 0 to below 1. */
  random: () => number;
}

/** Words of 8 bytes a limiter needs, whatever its kind. */
export function limiterWords(shards: number): number {
  return 6 + 2 * shards;
}

export const nsPerMs = 1e6;

/** Sets a word to what `make` makes of it; returns what it was and what it is. */
export function update(
  words: BigInt64Array,
  at: number,
  make: (before: bigint) => bigint,
): { before: bigint; after: bigint } {
  for (;;) {
    const before = Atomics.load(words, at);
    const after = make(before);
    if (before === after || Atomics.compareExchange(words, at, before, after) === before) {
      return { before, after };
    }
  }
}
