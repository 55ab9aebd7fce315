import { limits } from '../limits.ts';

interface Token {
  client: string;
  /** Milliseconds since 1970. */
  expiresAt: number;
}

/** The bearer tokens that were issued and are still good. */
export class Tokens {
  readonly #tokens = new Map<string, Token>();
  readonly #byClient = new Map<string, Set<string>>();

  /** Adds a token; a client above `maxLive`, or a full table, loses its oldest one. */
  add(value: string, token: Token, maxLive: number | null, now: number): void {
    if (this.#tokens.size >= limits.simulatorTokens) this.#revokeOldest(this.#tokens.keys());
    this.#tokens.set(value, token);
    let own = this.#byClient.get(token.client);
    if (!own) {
      own = new Set();
      this.#byClient.set(token.client, own);
    }
    own.add(value);
    if (maxLive === null) return;
    for (const other of own) if (!this.isLive(other, now)) this.#revoke(other);
    while (own.size > maxLive) this.#revokeOldest(own.values());
  }

  isLive(value: string, now: number): boolean {
    return this.clientOf(value, now) !== undefined;
  }

  /** Whose token it is, while it is good. */
  clientOf(value: string, now: number): string | undefined {
    const token = this.#tokens.get(value);
    return token !== undefined && now < token.expiresAt ? token.client : undefined;
  }

  #revokeOldest(values: Iterator<string>): void {
    const oldest = values.next();
    if (!oldest.done) this.#revoke(oldest.value);
  }

  #revoke(value: string): void {
    const token = this.#tokens.get(value);
    if (!token) return;
    this.#tokens.delete(value);
    const own = this.#byClient.get(token.client);
    own?.delete(value);
    if (own?.size === 0) this.#byClient.delete(token.client);
  }
}
