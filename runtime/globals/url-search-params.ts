/** `URLSearchParams`: the pairs of a query, in order. */
import { decodeUtf8, encodeUtf8 } from './text.ts';

type Pair = [string, string];

/** Text in which lone surrogates are U+FFFD, as URLs are. */
export function wellFormed(value: unknown): string {
  return (String(value) as unknown as { toWellFormed(): string }).toWellFormed();
}

function decodePart(part: string): string {
  const text = wellFormed(part.replaceAll('+', ' '));
  if (!text.includes('%')) return text;
  try {
    return decodeURIComponent(text);
  } catch {
    // Some of it is no UTF-8: what is wrong becomes U+FFFD, a lone % stays.
    return text.replace(/(%[\da-f]{2})+/gi, (run) => {
      const bytes = run.slice(1).split('%');
      return decodeUtf8(Uint8Array.from(bytes, (hex) => Number.parseInt(hex, 16))).text;
    });
  }
}

function encodePart(part: string): string {
  const percent = (letter: string): string =>
    `%${(encodeUtf8(letter)[0] as number).toString(16).toUpperCase()}`;
  return encodeURIComponent(part)
    .replace(/[!'()~]/g, percent)
    .replaceAll('%20', '+');
}

/** The pairs of `a=1&b=2`; a leading ? is not part of them. */
export function parseQuery(query: string): Pair[] {
  const parts = query.replace(/^\?/, '').split('&').filter(Boolean);
  return parts.map((part) => {
    const at = part.indexOf('=');
    return at < 0
      ? [decodePart(part), '']
      : [decodePart(part.slice(0, at)), decodePart(part.slice(at + 1))];
  });
}

function pairsOf(init: unknown): Pair[] {
  if (init === undefined) return [];
  if (typeof init !== 'object' || init === null) return parseQuery(wellFormed(init));
  if (Symbol.iterator in init) {
    return Array.from(init as Iterable<Iterable<unknown>>, (item) => {
      const pair = typeof item === 'object' && item !== null ? [...item] : [];
      if (pair.length !== 2) {
        throw new TypeError('new URLSearchParams(init): each item must be a [name, value] pair');
      }
      return [wellFormed(pair[0]), wellFormed(pair[1])];
    });
  }
  return Object.entries(init).map(([name, value]) => [wellFormed(name), wellFormed(value)]);
}

/** Names and values of a query, or of a form body. */
export class URLSearchParams {
  #pairs: Pair[];
  #changed: (() => void) | undefined;

  constructor(
    init?: string | URLSearchParams | Iterable<readonly [string, string]> | Record<string, unknown>,
    // Given by URL only: the pairs are then shared with it, and it hears of every change.
    changed?: () => void,
  ) {
    this.#pairs = typeof changed === 'function' ? (init as unknown as Pair[]) : pairsOf(init);
    this.#changed = changed;
  }
  #keep(pairs: Pair[]): void {
    this.#pairs.splice(0, this.#pairs.length, ...pairs);
    this.#changed?.();
  }
  get size(): number {
    return this.#pairs.length;
  }
  append(name: string, value: unknown): void {
    this.#pairs.push([wellFormed(name), wellFormed(value)]);
    this.#changed?.();
  }
  /** Removes every pair of that name (and value, if given). */
  delete(name: string, value?: string): void {
    const rest = this.#pairs.filter(
      (pair) =>
        pair[0] !== wellFormed(name) || (value !== undefined && pair[1] !== wellFormed(value)),
    );
    this.#keep(rest);
  }
  /** The first value of that name, or null. */
  get(name: string): string | null {
    return this.#pairs.find((pair) => pair[0] === wellFormed(name))?.[1] ?? null;
  }
  getAll(name: string): string[] {
    return this.#pairs.filter((pair) => pair[0] === wellFormed(name)).map((pair) => pair[1]);
  }
  has(name: string, value?: string): boolean {
    return this.getAll(name).some((item) => value === undefined || item === wellFormed(value));
  }
  /** Gives the first pair of that name this value and removes the others. */
  set(name: string, value: unknown): void {
    const first = this.#pairs.findIndex((pair) => pair[0] === wellFormed(name));
    if (first < 0) return this.append(name, value);
    const rest = this.#pairs.filter((pair, at) => at <= first || pair[0] !== wellFormed(name));
    rest[first] = [wellFormed(name), wellFormed(value)];
    this.#keep(rest);
  }
  /** Sorts by name; pairs of one name keep their order. */
  sort(): void {
    this.#keep(this.#pairs.toSorted(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)));
  }
  forEach(
    callback: (value: string, name: string, params: URLSearchParams) => void,
    self?: unknown,
  ): void {
    for (const [name, value] of this) callback.call(self, value, name, this);
  }
  *entries(): IterableIterator<[string, string]> {
    for (const [name, value] of this.#pairs) yield [name, value];
  }
  *keys(): IterableIterator<string> {
    for (const [name] of this.#pairs) yield name;
  }
  *values(): IterableIterator<string> {
    for (const [, value] of this.#pairs) yield value;
  }
  [Symbol.iterator](): IterableIterator<[string, string]> {
    return this.entries();
  }
  toString(): string {
    return this.#pairs.map((pair) => pair.map(encodePart).join('=')).join('&');
  }
}
