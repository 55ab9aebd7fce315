import { limits } from '../limits.ts';
import { type Limiter, type LimiterPlace, type LimiterSpec, limiterWords } from './limiter.ts';
import { WaitingLine } from './waiting-line.ts';

/**
 * `limits.concurrent`: so many at once. Every shard counts its own in a word of its own and looks at the
 * sum, so that all that a lost shard held comes back by setting its word to 0. Two that take the last
 * slot in one instant both see too many, and both step back.
 */
export class SlotLimiter implements Limiter {
  readonly name: string;
  readonly holds = true;
  readonly #count: number;
  readonly #place: LimiterPlace;
  readonly #line = new WaitingLine(() => this.#serve());
  #timer: NodeJS.Timeout | undefined;

  constructor(spec: LimiterSpec & { kind: 'concurrent' }, place: LimiterPlace) {
    this.name = spec.name;
    this.#count = spec.count;
    this.#place = place;
    // Whatever a lost shard whose place this one takes still wrote.
    Atomics.store(place.words, place.shard, 0n);
    Atomics.store(place.words, place.shards + place.shard, 0n);
  }

  enter(go: () => void): () => void {
    return this.#line.join(go);
  }

  leave(): void {
    Atomics.sub(this.#place.words, this.#place.shard, 1n);
    this.#line.run();
  }

  heard(): void {}

  #serve(): void {
    clearTimeout(this.#timer);
    const { words, shard, shards } = this.#place;
    while (this.#line.length > 0 && this.#take()) this.#line.next();
    Atomics.store(words, shards + shard, BigInt(this.#line.length));
    // A slot another shard gives back is found by looking; only while somebody waits for one.
    if (this.#line.length > 0) {
      const wait = limits.limiterPollMs * (0.5 + this.#place.random());
      this.#timer = setTimeout(() => this.#line.run(), wait);
    }
  }

  #take(): boolean {
    const { words, shard, shards } = this.#place;
    const held = Number(Atomics.load(words, shard));
    let taken = 0;
    let wanting = 1;
    let othersWait = false;
    for (let other = 0; other < shards; other++) {
      const has = Number(Atomics.load(words, other));
      taken += has;
      if (other === shard) continue;
      const waits = Atomics.load(words, shards + other) > 0n;
      othersWait ||= waits;
      if (waits || has > 0) wanting++;
    }
    if (taken >= this.#count) return false;
    // A shard whose line never empties would otherwise hand each slot to itself.
    if (othersWait && held >= Math.ceil(this.#count / wanting)) return false;
    Atomics.add(words, shard, 1n);
    let sum = 0;
    for (let other = 0; other < shards; other++) sum += Number(Atomics.load(words, other));
    if (sum <= this.#count) return true;
    Atomics.sub(words, shard, 1n);
    return false;
  }
}

/** Gives back what a lost shard held of a limiter; `words` are all limiters' memory. */
export function reclaimSlots(
  specs: readonly LimiterSpec[],
  memory: SharedArrayBuffer,
  shard: number,
  shards: number,
): void {
  const words = new BigInt64Array(memory);
  for (const [index, { kind }] of specs.entries()) {
    if (kind !== 'concurrent') continue;
    const first = index * limiterWords(shards);
    Atomics.store(words, first + shard, 0n);
    Atomics.store(words, first + shards + shard, 0n);
  }
}
