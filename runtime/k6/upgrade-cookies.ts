/** Cookies of a jar in a WebSocket's upgrade, and of its answer in the jar. */
import { Op } from '../contract/ops.ts';
import { op } from '../host.ts';
import { goError } from './go-error.ts';

/** What is asked of the `CookieJar` of `k6/http`: its class tells how the host calls it. */
export interface Jar {
  cookiesForURL(url: string): Record<string, string[]>;
}

const ownJar = 0;

function idOf(jar: Jar): number {
  const kind = jar.constructor as unknown as { idOf?: (jar: Jar) => number };
  if (typeof kind.idOf !== 'function') throw goError('params.jar must be a CookieJar');
  return kind.idOf(jar);
}

export class UpgradeCookies {
  readonly #url: string;
  readonly #jar: number;

  /** For this ws: or wss: URL, with this jar or the VU's own. */
  constructor(url: string, jar?: Jar | null) {
    this.#url = url.replace(/^ws/i, 'http');
    this.#jar = jar === undefined || jar === null ? ownJar : idOf(jar);
  }

  /** The header `Cookie`; empty without cookies. */
  header(): Record<string, string> {
    let cookies: Record<string, string[]>;
    try {
      cookies = JSON.parse(op(Op.cookieGet, this.#jar, this.#url) as string) as typeof cookies;
    } catch {
      // A URL that is none; who opens it says so.
      return {};
    }
    const pairs = Object.entries(cookies).flatMap(([name, values]) =>
      values.map((value) => `${name}=${value}`),
    );
    return pairs.length === 0 ? {} : { Cookie: pairs.join('; ') };
  }

  /** Keeps what these Set-Cookie headers say. */
  take(headers: readonly string[]): void {
    for (const header of headers) op(Op.cookieTake, this.#jar, this.#url, header);
  }
}
