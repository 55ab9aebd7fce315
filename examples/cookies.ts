/**
 * Cookies: each VU has a jar, and finds it empty at the start of every iteration.
 *
 *   vurun run examples/cookies.ts --sim healthy
 */
import { check, http, type Options } from 'vurun';
import { base } from './lib/platform.ts';

// With `noCookiesReset: true` the jar would keep its cookies from one iteration to the next.
export const options: Options = { vus: 2, iterations: 4 };

export default async function (): Promise<void> {
  const url = `${base}/__sim/healthz`;
  const jar = http.cookieJar();
  check(jar.cookiesForURL(url), {
    'the jar is empty at first': (cookies) => Object.keys(cookies).length === 0,
  });

  // What a server sets comes into the jar by itself; a script can put something there as well.
  jar.set(url, 'session', 'a1b2c3', { path: '/', max_age: 600 });
  jar.set(url, 'language', 'de');
  const res = await http.get(url, { cookies: { experiment: 'B' } });
  check(res, { 'a request carries three cookies': (r) => r.status === 200 });

  check(jar.cookiesForURL(url), {
    'two of them are in the jar': ({ session, language }) =>
      session?.[0] === 'a1b2c3' && language?.[0] === 'de',
    'a cookie of one request is not kept': (cookies) => !('experiment' in cookies),
  });
  jar.clear(url);

  // A jar of its own: a second person on the same VU.
  const other = new http.CookieJar();
  other.set(url, 'session', 'z9y8x7');
  await http.get(url, { jar: other });
}
