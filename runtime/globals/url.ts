/** `URL`: parsed by the host as WHATWG says, kept here as its parts. */
import { Op, type UrlParts } from '../contract/ops.ts';
import { op } from '../host.ts';
import { parseQuery, URLSearchParams, wellFormed } from './url-search-params.ts';

/** A NUL cannot cross the boundary; where a URL may have one, it is written as %00 anyway. */
function crossing(text: unknown): string {
  return wellFormed(text).replaceAll('\0', '%00');
}

function parse(url: unknown, base: unknown): UrlParts | undefined {
  // Control characters at the ends are no part of a URL, and must not become %00.
  const trimmed = (text: unknown): string =>
    crossing(String(text).replace(/^[\0- ]+|[\0- ]+$/g, ''));
  try {
    const json = op(Op.urlParse, trimmed(url), base === undefined ? base : trimmed(base));
    return JSON.parse(json as string) as UrlParts;
  } catch {
    return undefined;
  }
}

/** An absolute URL and its parts. */
export class URL {
  #parts: UrlParts;
  #params: URLSearchParams | undefined;
  #pairs: [string, string][] = [];

  /** Throws a TypeError when `url` (against `base`, if given) is no absolute URL. */
  constructor(url: string | URL, base?: string | URL) {
    const parts = parse(url, base);
    if (parts === undefined) {
      const against = base === undefined ? '' : ` against base '${String(base)}'`;
      throw new TypeError(`Invalid URL: '${String(url)}'${against}`);
    }
    this.#parts = parts;
  }
  /** Whether the constructor would accept this. */
  static canParse(url: string | URL, base?: string | URL): boolean {
    return parse(url, base) !== undefined;
  }
  /** The URL, or null where the constructor would throw. */
  static parse(url: string | URL, base?: string | URL): URL | null {
    return URL.canParse(url, base) ? new URL(url, base) : null;
  }

  #take(parts: UrlParts): void {
    this.#parts = parts;
    this.#pairs.splice(0, this.#pairs.length, ...(this.#params ? parseQuery(parts.search) : []));
  }
  #set(property: keyof UrlParts, value: unknown): void {
    const json = op(Op.urlSet, this.#parts.href, property, crossing(value));
    this.#take(JSON.parse(json as string) as UrlParts);
  }

  get href(): string {
    return this.#parts.href;
  }
  /** Throws a TypeError when `value` is no absolute URL. */
  set href(value: string) {
    const parts = parse(value, undefined);
    if (parts === undefined) throw new TypeError(`Invalid URL: '${value}'`);
    this.#take(parts);
  }
  get origin(): string {
    return this.#parts.origin;
  }
  get protocol(): string {
    return this.#parts.protocol;
  }
  set protocol(value: string) {
    this.#set('protocol', value);
  }
  get username(): string {
    return this.#parts.username;
  }
  set username(value: string) {
    this.#set('username', value);
  }
  get password(): string {
    return this.#parts.password;
  }
  set password(value: string) {
    this.#set('password', value);
  }
  get host(): string {
    return this.#parts.host;
  }
  set host(value: string) {
    this.#set('host', value);
  }
  get hostname(): string {
    return this.#parts.hostname;
  }
  set hostname(value: string) {
    this.#set('hostname', value);
  }
  get port(): string {
    return this.#parts.port;
  }
  set port(value: string | number) {
    this.#set('port', value);
  }
  get pathname(): string {
    return this.#parts.pathname;
  }
  set pathname(value: string) {
    this.#set('pathname', value);
  }
  get search(): string {
    return this.#parts.search;
  }
  set search(value: string) {
    this.#set('search', value);
  }
  get hash(): string {
    return this.#parts.hash;
  }
  set hash(value: string) {
    this.#set('hash', value);
  }
  /** The query's pairs; changing them changes the URL, and the other way round. */
  get searchParams(): URLSearchParams {
    if (this.#params === undefined) {
      this.#pairs = parseQuery(this.#parts.search);
      const changed = (): void => this.#set('search', this.#params);
      this.#params = new URLSearchParams(this.#pairs, changed);
    }
    return this.#params;
  }
  toString(): string {
    return this.#parts.href;
  }
  toJSON(): string {
    return this.#parts.href;
  }
}
