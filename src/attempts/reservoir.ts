/**
 * A fair sample of bounded size of a stream: each item has the same chance to be in it. Asks before an
 * item is made, so that what is not kept costs nothing.
 */
export class Reservoir<T> {
  readonly #capacity: number;
  #items: T[] = [];
  #offered = 0;
  #state: number;

  /** Two reservoirs of one seed and different streams choose differently. */
  constructor(capacity: number, seed: number, stream = 0) {
    this.#capacity = capacity;
    this.#state = (seed ^ Math.imul(stream + 1, 0x9e3779b9)) >>> 0;
  }

  /** Where the next item of the stream is to be put, or -1 when it is not in the sample. */
  offer(): number {
    const ordinal = this.#offered++;
    if (ordinal < this.#capacity) return ordinal;
    const index = Math.floor(this.#random() * (ordinal + 1));
    return index < this.#capacity ? index : -1;
  }

  put(index: number, item: T): void {
    this.#items[index] = item;
  }

  /** Offers an item that is there already. */
  add(item: T): void {
    const index = this.offer();
    if (index >= 0) this.put(index, item);
  }

  get items(): readonly T[] {
    return this.#items;
  }

  /** Items of the stream so far. */
  get offered(): number {
    return this.#offered;
  }

  /** Hands the sample out and begins a new stream. */
  take(): T[] {
    const items = this.#items.filter((item) => item !== undefined);
    this.#items = [];
    this.#offered = 0;
    return items;
  }

  /** Splitmix32: small, and good enough to choose by. */
  #random(): number {
    this.#state = (this.#state + 0x9e3779b9) >>> 0;
    let z = this.#state;
    z = Math.imul(z ^ (z >>> 16), 0x21f0aaad);
    z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
    return ((z ^ (z >>> 15)) >>> 0) / 2 ** 32;
  }
}
