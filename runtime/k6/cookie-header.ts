/** Cookies of a jar for a WebSocket's upgrade. */
import { Op } from '../contract/ops.ts';
import { op } from '../host.ts';

/** What is asked of the `CookieJar` of `k6/http`. */
export interface Jar {
  cookiesForURL(url: string): Record<string, string[]>;
}

const ownJar = 0;

/** The header `Cookie` for this ws: or wss: URL, from this jar or the VU's own; empty without cookies. */
export function cookieHeader(url: string, jar?: Jar | null): Record<string, string> {
  const asked = url.replace(/^ws/i, 'http');
  let cookies: Record<string, string[]>;
  try {
    cookies =
      jar === undefined || jar === null
        ? (JSON.parse(op(Op.cookieGet, ownJar, asked) as string) as Record<string, string[]>)
        : jar.cookiesForURL(asked);
  } catch {
    // A URL that is none; who opens it says so.
    return {};
  }
  const pairs = Object.entries(cookies).flatMap(([name, values]) =>
    values.map((value) => `${name}=${value}`),
  );
  return pairs.length === 0 ? {} : { Cookie: pairs.join('; ') };
}
