/** Those of one shard that wait for the same thing, the first come first. */
export class WaitingLine {
  readonly #line = new Set<() => void>();
  #serving = false;
  readonly #serve: () => void;

  /** `serve` lets in whom it can, by `next`; it is never called while it runs. */
  constructor(serve: () => void) {
    this.#serve = serve;
  }

  get length(): number {
    return this.#line.size;
  }

  /** Stands at the end; `go` is called at its turn, maybe at once. Returns how to leave before that. */
  join(go: () => void): () => void {
    this.#line.add(go);
    this.run();
    return () => {
      if (this.#line.delete(go)) this.run();
    };
  }

  /** Serves, unless that is going on. */
  run(): void {
    if (this.#serving) return;
    this.#serving = true;
    try {
      this.#serve();
    } finally {
      this.#serving = false;
    }
  }

  /** Lets the first one in. */
  next(): void {
    for (const go of this.#line) {
      this.#line.delete(go);
      go();
      return;
    }
  }
}
