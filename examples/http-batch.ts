/**
 * Several requests at once, as a page does that loads its parts in parallel.
 *
 *   vurun run examples/http-batch.ts --sim healthy
 */
import { check, http, type Options } from 'vurun';
import { base, bearer, fetchToken } from './lib/platform.ts';

// At most 4 requests of one batch are under way at a time, and at most 2 to one host.
export const options: Options = { vus: 2, iterations: 4, batch: 4, batchPerHost: 2 };

export const setup = fetchToken;

export default async function (token: string): Promise<void> {
  const limits = `${base}/api/v2/organizations/limits/namespaces`;
  const params = { headers: bearer(token), tags: { part: 'limits' } };
  const parts = await http.batch({
    health: `${base}/__sim/healthz`,
    rest: ['GET', `${limits}/platform.api`, null, params],
    logins: { method: 'GET', url: `${limits}/oauth`, params },
  });
  check(parts, {
    'every part is there': ({ health, rest, logins }) =>
      [health, rest, logins].every((part) => part.status === 200),
    'the limits are a list': ({ rest }) => Array.isArray(rest.json('entities')),
  });
}
