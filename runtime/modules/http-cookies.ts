/** `CookieJar`: cookies kept by the host, read and written from a script. */
import { Op } from '../contract/ops.ts';
import { life, nextId, op } from '../host.ts';

/** What may be said of a cookie besides its name and value. */
export interface CookieOptions {
  domain?: string;
  path?: string;
  /** A date such as 'Mon, 02 Jan 2006 15:04:05 GMT'. */
  expires?: string;
  /** Seconds. */
  max_age?: number;
  secure?: boolean;
  http_only?: boolean;
}

/** Cookies for several hosts. `http.cookieJar()` gives the VU's own, which each iteration finds empty. */
export class CookieJar {
  #id = -1;

  /** The host's id of this jar; it is made there when it is first used, so never in init. */
  static idOf(jar: CookieJar): number {
    if (jar.#id < 0) {
      jar.#id = nextId();
      op(Op.cookieJarNew, jar.#id);
    }
    return jar.#id;
  }
  static own(): CookieJar {
    const jar = new CookieJar();
    jar.#id = 0;
    return jar;
  }

  /** Cookies a request to this URL would carry, `{name: [values]}`. */
  cookiesForURL(url: string): Record<string, string[]> {
    return JSON.parse(op(Op.cookieGet, jarId(this), String(url)) as string) as Record<
      string,
      string[]
    >;
  }
  /** Stores a cookie as if the URL had set it. Throws when `expires` is no date. */
  set(url: string, name: string, value: string, options: CookieOptions = {}): boolean {
    const { expires, max_age: maxAge } = options ?? {};
    let time: number | undefined;
    if (expires !== undefined && expires !== null && expires !== '') {
      time = Date.parse(expires);
      if (Number.isNaN(time)) throw new Error(`unable to parse "expires" date string ${expires}`);
    }
    op(
      Op.cookieSet,
      jarId(this),
      String(url),
      String(name),
      String(value),
      JSON.stringify({
        domain: options?.domain,
        path: options?.path,
        secure: options?.secure === true,
        expires: time,
        // 0 means "not given" to k6, below 0 means "forget it".
        maxAge: maxAge === undefined || maxAge === 0 ? undefined : Number(maxAge),
      }),
    );
    return true;
  }
  /** Forgets one cookie of this URL. */
  delete(url: string, name: string): void {
    if (name === null || name === undefined) throw new Error('cookie: is null');
    op(Op.cookieDelete, jarId(this), String(url), String(name));
  }
  /** Forgets all cookies of this URL. */
  clear(url: string): void {
    op(Op.cookieDelete, jarId(this), String(url), undefined);
  }
}

function jarId(jar: CookieJar): number {
  if (life.phase === 'init')
    throw new Error('Using a cookie jar in the init context is not supported');
  return CookieJar.idOf(jar);
}
