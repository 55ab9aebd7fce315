/**
 * Which shard owns what, by arithmetic alone. The VUs of a scenario have ranks 0, 1, 2, …; those of
 * this process's execution segment are dealt to its shards like cards, from the scenario's offset on,
 * so that small scenarios do not all land on shard 0. The union over all shards of all segments is
 * everything, once.
 */
import { type Stripe, stripeCount, stripeElement } from '../script/segment.ts';

export interface Share {
  index: number;
  shards: number;
  offset: number;
  /** The part of the test that is this process's; absent when it is the whole. */
  segment?: Stripe | undefined;
}

/** The owned ranks below `count`, ascending. */
export function ownedRanks(share: Share, count: number): number[] {
  const { index, shards, offset, segment } = share;
  const own = segment === undefined ? count : stripeCount(segment, count);
  const ranks: number[] = [];
  for (let at = (((index - offset) % shards) + shards) % shards; at < own; at += shards) {
    ranks.push(segment === undefined ? at : stripeElement(segment, at));
  }
  return ranks;
}

/**
 * How work that belongs to nobody in particular is dealt to the VUs of a scenario: number i to the VU
 * whose rank is i mod `vus`, so that each shard's part of it follows its part of the VUs.
 */
export class Deal {
  readonly #vus: number;
  readonly #ranks: readonly number[];
  /** The same among the VUs of this process alone. */
  readonly #ownVus: number;
  readonly #ownRanks: readonly number[];

  constructor(share: Share, vus: number) {
    const { segment, ...whole } = share;
    this.#vus = vus;
    this.#ranks = ownedRanks(share, vus);
    this.#ownVus = segment === undefined ? vus : stripeCount(segment, vus);
    this.#ownRanks = segment === undefined ? this.#ranks : ownedRanks(whole, this.#ownVus);
  }

  /** How many of the first `count` belong to this share. */
  countBelow(count: number): number {
    const rest = count % this.#vus;
    let more = 0;
    while (more < this.#ranks.length && (this.#ranks[more] as number) < rest) more++;
    return Math.floor(count / this.#vus) * this.#ranks.length + more;
  }

  /** The number, among all, of this share's own number `at` (from 0). It must own a VU at least. */
  number(at: number): number {
    const { length } = this.#ranks;
    return Math.floor(at / length) * this.#vus + (this.#ranks[at % length] as number);
  }

  /** The same number among those of this process. */
  ownNumber(at: number): number {
    const { length } = this.#ownRanks;
    return Math.floor(at / length) * this.#ownVus + (this.#ownRanks[at % length] as number);
  }
}
