import type { Clock } from '../clock.ts';
import type { TokenNews } from './token-office.ts';

/** A token that may be used, and which one of its client's it is. */
export interface Bearer {
  value: string;
  generation: number;
}

/** Called once: with a token, or with the sentence why there is none. */
export type BearerAnswer = (bearer: Bearer | undefined, error: string) => void;

interface Held extends Bearer {
  refreshAt: number;
  expiresAt: number;
  /** Asked for because the one before was refused, and not accepted anywhere yet. */
  unproven: boolean;
}

/** One client's token as one shard (or one VU, of its own) knows it, and who waits for it. */
export class TokenHolder {
  readonly #clock: Clock;
  /** Asks for a newer token than that generation. The answer comes through `heard`. */
  readonly #ask: (generation: number) => void;
  #generation = 0;
  #held: Held | undefined;
  #asked = false;
  /** The one before was refused. */
  #refused = false;
  #pauseUntil = Number.NEGATIVE_INFINITY;
  readonly #waiting = new Set<BearerAnswer>();

  constructor(clock: Clock, ask: (generation: number) => void) {
    this.#clock = clock;
    this.#ask = ask;
  }

  /** What must not be shown to anybody. */
  get secret(): string | undefined {
    return this.#held?.value;
  }

  /** Answers with a good token, maybe at once. Returns how to give up waiting. */
  take(answer: BearerAnswer): () => void {
    const now = this.#clock.now();
    const held = this.#held;
    if (held !== undefined && now < held.expiresAt) {
      // Early, so that nobody has to wait for it.
      if (now >= held.refreshAt && now >= this.#pauseUntil) this.#want();
      answer(held, '');
      return () => undefined;
    }
    this.#waiting.add(answer);
    this.#want();
    return () => void this.#waiting.delete(answer);
  }

  /**
   * The target did not accept the token of that generation (401). Returns whether another attempt makes
   * sense: not when a token that replaced a refused one is refused at once, too.
   */
  refused(generation: number): boolean {
    if (generation < this.#generation || this.#held === undefined) return true;
    if (this.#held.unproven) return false;
    this.#held = undefined;
    this.#refused = true;
    this.#want();
    return true;
  }

  /** The target accepted the token of that generation. */
  accepted(generation: number): void {
    if (this.#held?.generation === generation) this.#held.unproven = false;
  }

  heard(news: TokenNews): void {
    const now = this.#clock.now();
    this.#asked = false;
    if ('error' in news) {
      this.#pauseUntil = now + news.pauseMs;
      this.#answer(undefined, news.error);
      return;
    }
    if (news.generation <= this.#generation) return;
    this.#generation = news.generation;
    this.#held = {
      value: news.value,
      generation: news.generation,
      refreshAt: now + news.refreshInMs,
      expiresAt: now + news.expiresInMs,
      unproven: this.#refused,
    };
    this.#refused = false;
    this.#answer(this.#held, '');
  }

  #want(): void {
    if (this.#asked) return;
    this.#asked = true;
    this.#ask(this.#generation);
  }

  #answer(bearer: Bearer | undefined, error: string): void {
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const answer of waiting) answer(bearer, error);
  }
}
