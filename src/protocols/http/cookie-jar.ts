import net from 'node:net';
import type { HttpCookie } from '../../../runtime/contract/ops.ts';
import { limits } from '../../limits.ts';

interface StoredCookie {
  name: string;
  value: string;
  path: string;
  hostOnly: boolean;
  secure: boolean;
  /** Milliseconds since 1970, or infinity for a cookie of the session. */
  expires: number;
  /** Order of creation. */
  order: number;
}

export interface CookieAttributes {
  domain?: string;
  path?: string;
  expires?: number;
  maxAge?: number;
  secure?: boolean;
}

/** Cookies by RFC 6265, without a list of public suffixes: a cookie for a single label is refused. */
export class CookieJar {
  /** Cookies by domain, then by name and path. */
  readonly #domains = new Map<string, Map<string, StoredCookie>>();
  #size = 0;
  #order = 0;

  get empty(): boolean {
    return this.#size === 0;
  }

  clearAll(): void {
    this.#domains.clear();
    this.#size = 0;
  }

  /** Cookies for a URL as [name, value], longest path first, then the oldest. */
  forUrl(url: URL, now: number): [string, string][] {
    if (this.#size === 0) return [];
    const host = hostOf(url);
    const secure = url.protocol === 'https:' || isLoopback(host);
    const found: StoredCookie[] = [];
    for (const domain of domainsOf(host)) {
      const cookies = this.#domains.get(domain);
      if (cookies === undefined) continue;
      for (const [key, cookie] of cookies) {
        if (cookie.expires <= now) this.#remove(domain, cookies, key);
        else if (
          (!cookie.hostOnly || domain === host) &&
          (!cookie.secure || secure) &&
          pathMatches(url.pathname, cookie.path)
        ) {
          found.push(cookie);
        }
      }
    }
    found.sort((a, b) => b.path.length - a.path.length || a.order - b.order);
    return found.map(({ name, value }) => [name, value]);
  }

  /** Stores a cookie, or forgets it when it has expired. Cookies for foreign domains are ignored. */
  set(url: URL, name: string, value: string, attributes: CookieAttributes, now: number): void {
    const host = hostOf(url);
    let domain = host;
    let hostOnly = true;
    const asked = attributes.domain?.toLowerCase().replace(/^\./, '') ?? '';
    if (asked !== '' && asked !== host) {
      if (net.isIP(host) !== 0 || !asked.includes('.') || !host.endsWith(`.${asked}`)) return;
      domain = asked;
      hostOnly = false;
    } else if (asked !== '') {
      hostOnly = net.isIP(host) !== 0 || !asked.includes('.');
    }
    const path = attributes.path?.startsWith('/') === true ? attributes.path : defaultPath(url);
    const { maxAge } = attributes;
    const expires =
      maxAge !== undefined
        ? maxAge <= 0
          ? 0
          : now + maxAge * 1_000
        : (attributes.expires ?? Number.POSITIVE_INFINITY);

    let cookies = this.#domains.get(domain);
    const key = `${name};${path}`;
    const old = cookies?.get(key);
    if (cookies !== undefined && old !== undefined) this.#remove(domain, cookies, key);
    if (expires <= now) return;
    cookies = this.#domains.get(domain);
    if (cookies === undefined) this.#domains.set(domain, (cookies = new Map()));
    cookies.set(key, {
      name,
      value,
      path,
      hostOnly,
      secure: attributes.secure === true,
      expires,
      order: old?.order ?? this.#order++,
    });
    this.#size++;
    if (cookies.size > limits.cookiesPerHost) this.#removeFirst(domain, cookies);
    if (this.#size > limits.cookiesPerJar) {
      const [first] = this.#domains;
      if (first !== undefined) this.#removeFirst(...first);
    }
  }

  /** Takes one Set-Cookie header; returns what it says, or undefined when it is no cookie. */
  setFromHeader(url: URL, header: string, now: number): void {
    const cookie = parseSetCookie(header);
    if (cookie === undefined) return;
    this.set(
      url,
      cookie.name,
      cookie.value,
      {
        domain: cookie.domain,
        path: cookie.path,
        secure: cookie.secure,
        ...(cookie.expires === 0 ? {} : { expires: cookie.expires }),
        ...(cookie.max_age === 0 ? {} : { maxAge: cookie.max_age }),
      },
      now,
    );
  }

  /** Forgets cookies a URL would send: one name, or all. */
  delete(url: URL, name: string | undefined): void {
    const host = hostOf(url);
    for (const domain of domainsOf(host)) {
      const cookies = this.#domains.get(domain);
      if (cookies === undefined) continue;
      for (const [key, cookie] of cookies) {
        if (
          (name === undefined || cookie.name === name) &&
          (!cookie.hostOnly || domain === host) &&
          pathMatches(url.pathname, cookie.path)
        ) {
          this.#remove(domain, cookies, key);
        }
      }
    }
  }

  #remove(domain: string, cookies: Map<string, StoredCookie>, key: string): void {
    if (!cookies.delete(key)) return;
    this.#size--;
    if (cookies.size === 0) this.#domains.delete(domain);
  }

  #removeFirst(domain: string, cookies: Map<string, StoredCookie>): void {
    const [first] = cookies.keys();
    if (first !== undefined) this.#remove(domain, cookies, first);
  }
}

/** A Set-Cookie header taken apart, with k6's names; `max_age` is -1 for "0 or less", 0 when absent. */
export function parseSetCookie(header: string): HttpCookie | undefined {
  const parts = header.split(';');
  const pair = parts[0] as string;
  const equals = pair.indexOf('=');
  const name = pair.slice(0, equals).trim();
  if (equals < 0 || name === '') return undefined;
  const cookie: HttpCookie = {
    name,
    value: unquoted(pair.slice(equals + 1).trim()),
    domain: '',
    path: '',
    http_only: false,
    secure: false,
    max_age: 0,
    expires: 0,
  };
  for (const part of parts.slice(1)) {
    const at = part.indexOf('=');
    const key = (at < 0 ? part : part.slice(0, at)).trim().toLowerCase();
    const value = at < 0 ? '' : part.slice(at + 1).trim();
    if (key === 'domain') cookie.domain = value.toLowerCase().replace(/^\./, '');
    else if (key === 'path') cookie.path = value;
    else if (key === 'httponly') cookie.http_only = true;
    else if (key === 'secure') cookie.secure = true;
    else if (key === 'max-age' && /^-?\d{1,15}$/.test(value)) {
      const seconds = Number(value);
      cookie.max_age = seconds <= 0 ? -1 : seconds;
    } else if (key === 'expires') {
      const date = Date.parse(value.replaceAll('-', ' '));
      // The first moment of 1970 is how servers say "forget it"; 0 means "no date" here.
      if (!Number.isNaN(date)) cookie.expires = date === 0 ? 1 : date;
    }
  }
  return cookie;
}

function unquoted(value: string): string {
  return value.length > 1 && value.startsWith('"') && value.endsWith('"')
    ? value.slice(1, -1)
    : value;
}

function hostOf(url: URL): string {
  const { hostname } = url;
  return hostname.startsWith('[') ? hostname.slice(1, -1) : hostname;
}

/** The host and the domains above it. */
function domainsOf(host: string): string[] {
  const domains = [host];
  if (net.isIP(host) === 0) {
    for (let dot = host.indexOf('.'); dot >= 0; dot = host.indexOf('.', dot + 1)) {
      domains.push(host.slice(dot + 1));
    }
  }
  return domains;
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (host.startsWith('127.') && net.isIPv4(host));
}

function defaultPath(url: URL): string {
  const slash = url.pathname.lastIndexOf('/');
  return slash <= 0 ? '/' : url.pathname.slice(0, slash);
}

function pathMatches(path: string, cookiePath: string): boolean {
  return (
    path === cookiePath ||
    (path.startsWith(cookiePath) && (cookiePath.endsWith('/') || path[cookiePath.length] === '/'))
  );
}
