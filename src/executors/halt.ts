/**
 * The end of the run, before its time. Like an AbortSignal, but made for thousands of waiters that
 * come and go: joining and leaving cost the same however many there are.
 */
export class Halt {
  readonly #listeners = new Set<() => void>();
  #isCalled = false;

  get aborted(): boolean {
    return this.#isCalled;
  }

  /** Calls `listener` once when it happens; returns how to forget about it. */
  listen(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  call(): void {
    this.#isCalled = true;
    const listeners = [...this.#listeners];
    this.#listeners.clear();
    for (const listener of listeners) listener();
  }
}
