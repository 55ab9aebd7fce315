/** When a VU's beats are due: pure arithmetic on milliseconds. */
export class Beats {
  /** Beat n is due at `#from + n * #every`: computed, so that no error adds up. */
  #from: number;
  #every = 0;
  /** Number of the last beat that was taken. */
  #taken = 0;

  /** The first beat is `now`. */
  constructor(now: number) {
    this.#from = now;
  }

  /**
   * Takes the beat that follows the last one by `every`. Returns how far ahead it lies, or with a minus
   * how long ago it was due: then it is now, and others that have passed meanwhile are left out. The
   * next one stays where it was; when intervals are drawn there is no such place, and they are counted
   * from now.
   */
  take(now: number, every: number, isDrawn: boolean): number {
    if (every !== this.#every) {
      this.#from += this.#taken * this.#every;
      this.#taken = 0;
      this.#every = every;
    }
    const ahead = this.#from + ++this.#taken * every - now;
    if (ahead < 0 && isDrawn) {
      this.#from = now;
      this.#taken = 0;
    } else if (ahead < 0) {
      this.#taken = Math.max(this.#taken, Math.floor((now - this.#from) / every));
    }
    return ahead;
  }
}
