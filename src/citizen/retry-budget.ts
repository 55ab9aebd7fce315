import { limits } from '../limits.ts';

const slots = 12;
const slotMs = limits.retryBudgetMs / slots;

/**
 * At most so many retries per operation over the last minute, so that retries cannot become the storm
 * when everything fails. One per shard and policy: the parts of all shards keep the bound together. A
 * few retries are free, or a small test could have none.
 */
export class RetryBudget {
  readonly #perOperation: number;
  readonly #free: number;
  readonly #operations = new Float64Array(slots);
  readonly #retries = new Float64Array(slots);
  #slot = 0;

  constructor(perOperation: number, shards: number) {
    this.#perOperation = perOperation;
    this.#free = perOperation === 0 ? 0 : Math.ceil(limits.freeRetries / shards);
  }

  /** An operation begins. `now` is any clock that does not step, in milliseconds. */
  operation(now: number): void {
    this.#turnTo(now);
    this.#operations[this.#slot % slots] = (this.#operations[this.#slot % slots] as number) + 1;
  }

  /** Takes one retry out of the budget; false when there is none left. */
  take(now: number): boolean {
    this.#turnTo(now);
    const sum = (counts: Float64Array): number => counts.reduce((all, one) => all + one, 0);
    const allowed = this.#free + this.#perOperation * sum(this.#operations);
    if (sum(this.#retries) + 1 > allowed) return false;
    this.#retries[this.#slot % slots] = (this.#retries[this.#slot % slots] as number) + 1;
    return true;
  }

  #turnTo(now: number): void {
    const slot = Math.floor(now / slotMs);
    if (slot - this.#slot >= slots) {
      this.#operations.fill(0);
      this.#retries.fill(0);
      this.#slot = slot;
    }
    while (this.#slot < slot) {
      this.#slot++;
      this.#operations[this.#slot % slots] = 0;
      this.#retries[this.#slot % slots] = 0;
    }
  }
}
