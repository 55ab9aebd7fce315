/** What a script asked of one operation beside the message itself: retries, a token, limits. */
import { randomUUID } from 'node:crypto';
import { policyOf, type RetryPolicy } from '../citizen/backoff.ts';
import { shown } from '../citizen/given.ts';
import type { Limiter } from '../citizen/limiter.ts';
import { GuestError } from '../errors.ts';
import { limits } from '../limits.ts';
import type { ProtocolHost } from './contract.ts';

/** Whose token: that of all, or that of this VU for one user (fields of the token request). */
export interface AuthTerms {
  client: number;
  user: Readonly<Record<string, string>> | undefined;
}

export interface Terms {
  retry: RetryPolicy | undefined;
  auth: AuthTerms | undefined;
  limiters: readonly Limiter[];
  idempotencyKey: string | undefined;
}

/**
 * Reads `retry`, `auth`, `limit` and `idempotencyKey` of params; undefined when none of them is there.
 * `what` names the params. Throws a `GuestError` naming the parameter.
 */
export function readTerms(
  params: Readonly<Record<string, unknown>>,
  what: string,
  host: Pick<ProtocolHost, 'citizen'>,
): Terms | undefined {
  const { retry, auth, limit, idempotencyKey } = params;
  const hasToken = typeof auth === 'object' && auth !== null;
  if (retry === undefined && !hasToken && limit === undefined && idempotencyKey === undefined) {
    return undefined;
  }
  return {
    retry: retry === undefined ? undefined : policyOf(retry, what),
    auth: hasToken ? readAuth(auth as Record<string, unknown>, what, host) : undefined,
    limiters: limit === undefined ? [] : readLimiters(limit, what, host),
    idempotencyKey: readKey(idempotencyKey, what),
  };
}

function readAuth(
  auth: Readonly<Record<string, unknown>>,
  what: string,
  { citizen }: Pick<ProtocolHost, 'citizen'>,
): AuthTerms {
  const client = auth['oauth'];
  const spec = typeof client === 'number' ? citizen.tokenClients[client] : undefined;
  if (spec === undefined) {
    throw new GuestError(
      `${what}.auth must be made with oauth, such as oauth.shared({ … }) outside of all functions`,
      'TypeError',
    );
  }
  if (spec.kind === 'shared') return { client: client as number, user: undefined };
  const user = auth['user'];
  const fields = typeof user === 'object' && user !== null ? Object.entries(user) : [];
  return {
    client: client as number,
    user: Object.fromEntries(fields.map(([key, value]) => [key, String(value)])),
  };
}

function readLimiters(
  limit: unknown,
  what: string,
  { citizen }: Pick<ProtocolHost, 'citizen'>,
): Limiter[] {
  const given: unknown[] = Array.isArray(limit) ? limit : [limit];
  const asked = given.map((one) => {
    const index = (one as { limiter?: unknown } | null)?.limiter;
    const limiter = typeof index === 'number' ? citizen.limiters[index] : undefined;
    if (limiter === undefined) {
      throw new GuestError(
        `${what}.limit must be made with limits, such as limits.perMinute(280) outside of all functions`,
        'TypeError',
      );
    }
    return limiter;
  });
  if (asked.length === 1) return asked;
  // All take them in one order, each once: two that each hold what the other waits for would wait for
  // ever. Those of a rate come last, because who is let in by them is to go at once.
  return citizen.limiters
    .filter((limiter) => asked.includes(limiter))
    .sort((a, b) => Number(b.holds) - Number(a.holds));
}

function readKey(key: unknown, what: string): string | undefined {
  if (key === undefined || key === false) return undefined;
  // Never from the seed: the same run again is not the same operation.
  if (key === true) return randomUUID();
  if (typeof key === 'string' && /^[\x20-\x7e]+$/.test(key) && key.length <= limits.tagLength) {
    return key;
  }
  throw new GuestError(
    `${what}.idempotencyKey must be true or text that fits in a header, not ${shown(key)}`,
    'TypeError',
  );
}
