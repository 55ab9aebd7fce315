/**
 * Which shard owns what, by arithmetic alone. The VUs of a scenario have ranks 0, 1, 2, …; shard `i`
 * of `n` owns the ranks congruent to it, shifted by the scenario's offset so that small scenarios do
 * not all land on shard 0. The union over all shards is everything, once.
 */
export interface Share {
  index: number;
  shards: number;
  offset: number;
}

export function owns(share: Share, rank: number): boolean {
  return (rank + share.offset) % share.shards === share.index;
}

function firstRank({ index, shards, offset }: Share): number {
  return (((index - offset) % shards) + shards) % shards;
}

/** The owned ranks below `count`, ascending. */
export function ownedRanks(share: Share, count: number): number[] {
  const ranks: number[] = [];
  for (let rank = firstRank(share); rank < count; rank += share.shards) ranks.push(rank);
  return ranks;
}

/**
 * Iterations of a shared-iterations scenario belong to the VU whose turn it would be if they were
 * dealt out like cards, so that a shard's share of them follows its share of the VUs.
 */
export function ownedIterations(share: Share, iterations: number, vus: number): number[] {
  const owned: number[] = [];
  for (let i = 0; i < iterations; i++) {
    if (owns(share, i % vus)) owned.push(i);
  }
  return owned;
}

/**
 * The number of a shard's iteration (its first, at 0, its second, …) among those of all shards, when they
 * are dealt out like cards. Meaningful only for a share that owns one of the `vus` ranks at least.
 */
export function dealtIteration(share: Share, at: number, vus: number): number {
  const first = firstRank(share);
  const owned = Math.ceil((vus - first) / share.shards);
  return Math.floor(at / owned) * vus + first + (at % owned) * share.shards;
}
