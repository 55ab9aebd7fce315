/** Limiters and token clients a script declares in init, the same in every VU, so that all can share them. */
import { GuestError } from '../errors.ts';
import { limits } from '../limits.ts';
import { Given } from './given.ts';
import type { LimiterSpec } from './limiter.ts';
import { readTokenClient, type TokenClientSpec } from './token-client.ts';

export interface Declared {
  limiters: LimiterSpec[];
  tokenClients: TokenClientSpec[];
}

/**
 * Declares the limiter a `limits.*` call asks for as the one with this ordinal in its VU. Throws a
 * `GuestError` for wrong parameters, and when the first VU declared another or none in its place.
 */
export function declareLimiter(
  declared: Declared,
  locked: boolean,
  ordinal: number,
  kind: string,
  given: unknown,
): void {
  const spec = readLimiter(kind, given, ordinal);
  declare(declared.limiters, locked, ordinal, spec, `limits.${kind}()`, limits.limiters);
}

/** The same for `oauth.*`. Returns the client's index: clients that are the same share their token. */
export function declareTokenClient(
  declared: Declared,
  locked: boolean,
  kind: string,
  given: unknown,
): number {
  const spec = readTokenClient(kind === 'perUser' ? kind : 'shared', given);
  const text = JSON.stringify(spec);
  const found = declared.tokenClients.findIndex((one) => JSON.stringify(one) === text);
  if (found >= 0) return found;
  const at = declared.tokenClients.length;
  declare(declared.tokenClients, locked, at, spec, `oauth.${kind}()`, limits.tokenClients);
  return at;
}

function declare<T>(
  list: T[],
  locked: boolean,
  ordinal: number,
  spec: T,
  call: string,
  most: number,
): void {
  const known = list[ordinal];
  if (known !== undefined && JSON.stringify(known) === JSON.stringify(spec)) return;
  if (known !== undefined || locked || ordinal !== list.length) {
    throw new GuestError(
      `${call} is not what the script declared in this place when it was first initialised; declare it in every VU alike`,
    );
  }
  if (ordinal >= most) {
    throw new GuestError(`${call} is one too many: a script may declare ${most}`, 'RangeError');
  }
  list.push(spec);
}

const periods: Readonly<Record<string, number>> = { perSecond: 1_000, perMinute: 60_000 };

function readLimiter(kind: string, given: unknown, ordinal: number): LimiterSpec {
  const call = `limits.${kind}()`;
  const perMs = periods[kind];
  const counts = kind !== 'fromHeaders';
  const fields = new Given(
    call,
    given,
    perMs === undefined ? (counts ? ['count', 'name'] : ['name']) : ['count', 'name', 'burst'],
  );
  const name = fields.text('name', 200) ?? `${kind}-${ordinal + 1}`;
  if (!counts) return { kind: 'headers', name };
  if (fields.value('count') === undefined) fields.refuse('count', 'a whole number from 1');
  const count = fields.wholeNumber('count', 1, 1, limits.limiterCount);
  if (perMs === undefined) return { kind: 'concurrent', name, count };
  const burst = fields.wholeNumber('burst', 1, 1, count);
  return { kind: 'rate', name, count, perMs, burst };
}
