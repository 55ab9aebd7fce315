/** Instants as RFC 3339 text. */
export class Rfc3339 {
  #second = Number.NaN;
  #secondText = '';

  /** With as many digits as a double holds of today's time: microseconds. */
  text(wallMs: number): string {
    const { second, micros } = parts(wallMs);
    if (micros === 0) return `${this.#upToSecond(second)}Z`;
    const fraction = String(micros).padStart(6, '0').replace(/0+$/, '');
    return `${this.#upToSecond(second)}.${fraction}Z`;
  }

  /** Cut to the second. */
  seconds(wallMs: number): string {
    return `${this.#upToSecond(parts(wallMs).second)}Z`;
  }

  #upToSecond(second: number): string {
    // Neighbouring samples share their second; making the text anew would cost more than the rest.
    if (second !== this.#second) {
      this.#second = second;
      this.#secondText = new Date(second * 1_000).toISOString().slice(0, -5);
    }
    return this.#secondText;
  }
}

function parts(wallMs: number): { second: number; micros: number } {
  const all = Math.round(wallMs * 1_000);
  const second = Math.floor(all / 1_000_000);
  return { second, micros: all - second * 1_000_000 };
}
