/**
 * A sum that does not depend on the order of its additions: shards add up their own samples first, and
 * doubles that are rounded at each step would then come to other last digits than one shard's do.
 *
 * The sum is kept as a few doubles whose exact total is the exact total of what was added, because the
 * rounding error of an addition of two doubles is itself a double. Only when somebody asks is it rounded,
 * once. Whole numbers, and most times, need no more than one or two of them.
 */
export class ExactSum {
  #high = 0;
  #low = 0;
  /** What did not fit into the two. */
  #rest: number[] = [];

  /** Adds a finite number. A total too large for a double becomes infinite, and stays so. */
  add(value: number): void {
    const high = this.#high + value;
    const part = high - this.#high;
    const error = this.#high - (high - part) + (value - part);
    this.#high = high;
    if (error !== 0) this.#addLow(error);
  }

  #addLow(value: number): void {
    if (Number.isNaN(value)) return this.#reset(this.#high);
    const low = this.#low + value;
    const part = low - this.#low;
    const error = this.#low - (low - part) + (value - part);
    this.#low = low;
    if (error === 0) return;
    this.#rest.push(error);
    if (this.#rest.length < mostParts) return;
    this.#rest = apart([this.#high, this.#low, ...this.#rest]);
    this.#high = this.#rest.pop() ?? 0;
    this.#low = this.#rest.pop() ?? 0;
  }

  #reset(high: number): void {
    this.#high = high;
    this.#low = 0;
    this.#rest = [];
  }

  /** The double nearest to the exact total. */
  get value(): number {
    if (this.#low === 0 && this.#rest.length === 0) return this.#high;
    return nearest(apart([this.#high, this.#low, ...this.#rest]));
  }

  /** The total as the nearest double and, exactly, what that leaves out; the sum begins anew at 0. */
  take(): { sum: number; rest: readonly number[] } {
    const sum = this.value;
    const rest =
      sum === this.#high && this.#low === 0 && this.#rest.length === 0
        ? nothing
        : apart([this.#high, this.#low, ...this.#rest, -sum]);
    this.#reset(0);
    return { sum, rest };
  }
}

/**
 * Doubles that do not overlap are at most some forty, because that many times 53 bits are all there are
 * between the smallest and the largest.
 */
const mostParts = 64;
const nothing: readonly number[] = Object.freeze([]);

/** The same total in doubles that do not overlap, the smallest first, none of them 0. */
function apart(values: readonly number[]): number[] {
  const parts: number[] = [];
  for (const value of values) {
    let carried = value;
    let kept = 0;
    for (const part of parts) {
      const sum = carried + part;
      const seen = sum - carried;
      const error = carried - (sum - seen) + (part - seen);
      if (error !== 0) parts[kept++] = error;
      carried = sum;
    }
    parts.length = kept;
    if (carried !== 0) parts.push(carried);
  }
  return parts;
}

/** Rounds once, half to even: adding up from the largest is exact until the first error. */
function nearest(parts: readonly number[]): number {
  let sum = 0;
  for (let at = parts.length - 1; at >= 0; at--) {
    const part = parts[at] as number;
    const before = sum;
    sum += part;
    const error = part - (sum - before);
    if (error === 0) continue;
    // Half a digit was rounded to even, but what is smaller still says that it was more than half.
    const below = parts[at - 1] ?? 0;
    const wider = sum + 2 * error;
    const sameSide = Math.sign(error) === Math.sign(below);
    return sameSide && wider - sum === 2 * error ? wider : sum;
  }
  return sum;
}
