/** What a response says of the rate limit its caller is under. */
export interface RateState {
  /** Calls in a window, where it is said. */
  limit: number | undefined;
  /** Calls left in this window. */
  remaining: number;
  /** Milliseconds until the window ends. */
  resetMs: number;
}

/** The value of a header, by its name in small letters. */
export type HeaderReader = (name: string) => string | undefined;

/** Above this a reset is an instant (seconds since 1970), not a number of seconds. */
const epochSeconds = 1e9;

/**
 * Reads `inin-ratelimit-*` (calls made, allowed, seconds), `RateLimit` with `q`, `r`, `t` or `limit`,
 * `remaining`, `reset`, `RateLimit-*` and `X-RateLimit-*`; undefined when none of them tells enough.
 */
export function rateStateOf(header: HeaderReader, wallMs: number): RateState | undefined {
  const allowed = numberOf(header('inin-ratelimit-allowed'));
  const count = numberOf(header('inin-ratelimit-count'));
  if (allowed !== undefined && count !== undefined) {
    return state(allowed, allowed - count, numberOf(header('inin-ratelimit-reset')), wallMs);
  }
  const combined = header('ratelimit');
  if (combined !== undefined) {
    const part = (...names: string[]): number | undefined => {
      const match = new RegExp(`(?:^|[;,\\s])(?:${names.join('|')})\\s*=\\s*(\\d+)`, 'i').exec(
        combined,
      );
      return numberOf(match?.[1]);
    };
    return state(part('q', 'limit'), part('r', 'remaining'), part('t', 'reset'), wallMs);
  }
  for (const prefix of ['ratelimit-', 'x-ratelimit-', 'x-rate-limit-']) {
    const remaining = numberOf(header(`${prefix}remaining`));
    if (remaining === undefined) continue;
    const limit = numberOf(header(`${prefix}limit`));
    return state(limit, remaining, numberOf(header(`${prefix}reset`)), wallMs);
  }
  return undefined;
}

function state(
  limit: number | undefined,
  remaining: number | undefined,
  reset: number | undefined,
  wallMs: number,
): RateState | undefined {
  if (remaining === undefined || reset === undefined) return undefined;
  const resetMs = reset > epochSeconds ? reset * 1_000 - wallMs : reset * 1_000;
  return { limit, remaining: Math.max(0, remaining), resetMs: Math.max(0, resetMs) };
}

/** `100, 100;w=60` of an older draft means 100. */
function numberOf(text: string | undefined): number | undefined {
  const match = /^\s*(\d+(?:\.\d+)?)/.exec(text ?? '');
  return match === null ? undefined : Number(match[1]);
}
