/** Lets so many in at once; the others wait in the order they came. */
export class Turnstile {
  readonly #places: () => number;
  readonly #waiting = new Set<() => void>();
  #inside = 0;

  constructor(places: () => number) {
    this.#places = places;
  }

  /** Calls `begin` when there is a place; the function returned gives the place, or the wait, up. */
  enter(begin: () => void): () => void {
    let isInside = false;
    const go = (): void => {
      isInside = true;
      begin();
    };
    this.#waiting.add(go);
    this.#admit();
    return () => {
      this.#waiting.delete(go);
      if (isInside) this.#inside--;
      isInside = false;
      this.#admit();
    };
  }

  #admit(): void {
    for (const go of this.#waiting) {
      if (this.#inside >= this.#places()) return;
      this.#waiting.delete(go);
      this.#inside++;
      go();
    }
  }
}
