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

/** The owned ranks below `count`, ascending. */
export function ownedRanks(share: Share, count: number): number[] {
  const ranks: number[] = [];
  const first = (((share.index - share.offset) % share.shards) + share.shards) % share.shards;
  for (let rank = first; rank < count; rank += share.shards) ranks.push(rank);
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
