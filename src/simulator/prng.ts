/**
 * Chance that can be replayed: the k-th number of a kind depends on the seed, the kind and k alone,
 * so that one kind of decision taken more often never shifts the numbers of another.
 */
export class Prng {
  readonly #seed: number;
  readonly #drawn = new Map<string, number>();

  constructor(seed: number) {
    this.#seed = seed >>> 0;
  }

  /** The next 32 bits of this kind, as an unsigned integer. */
  bits(kind: string): number {
    const k = (this.#drawn.get(kind) ?? 0) + 1;
    this.#drawn.set(kind, k);
    return splitmix32((this.#seed ^ hashOf(kind)) + Math.imul(k, 0x9e3779b9));
  }

  /** The next number of this kind, 0 ≤ x < 1. */
  uniform(kind: string): number {
    return this.bits(kind) / 2 ** 32;
  }

  /** The next draw of a standard normal distribution. */
  normal(kind: string): number {
    const radius = Math.sqrt(-2 * Math.log(1 - this.uniform(kind)));
    return radius * Math.cos(2 * Math.PI * this.uniform(kind));
  }

  /** The next id of this kind, in the form of a version 4 UUID. */
  uuid(kind: string): string {
    let hex = '';
    for (let i = 0; i < 4; i++) hex += this.bits(kind).toString(16).padStart(8, '0');
    const variant = ((Number.parseInt(hex.charAt(16), 16) & 0x3) | 0x8).toString(16);
    return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20)}`;
  }
}

function splitmix32(state: number): number {
  let z = state | 0;
  z = Math.imul(z ^ (z >>> 16), 0x21f0aaad);
  z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
  return (z ^ (z >>> 15)) >>> 0;
}

/** FNV-1a: spreads the names of kinds over 32 bits. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash;
}
