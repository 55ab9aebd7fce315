import { limits } from '../limits.ts';

/** The sessions of web messaging, which outlive their connections; the oldest are forgotten. */
export class Guests {
  readonly #known = new Set<string>();

  /** Whether the session is a new one. */
  begin(key: string): boolean {
    if (this.#known.has(key)) return false;
    if (this.#known.size >= limits.simulatorGuestSessions) {
      const [oldest] = this.#known;
      if (oldest !== undefined) this.#known.delete(oldest);
    }
    this.#known.add(key);
    return true;
  }

  forget(key: string): void {
    this.#known.delete(key);
  }
}
