import type { Attempt } from '../attempts/contract.ts';
import { rateStateOf } from '../citizen/rate-headers.ts';
import { retryAfterMs } from '../citizen/retry-after.ts';

/** What an answer says of limits and waiting, read from its record. */
export interface AnswerSays {
  /** Milliseconds it asks to wait. */
  retryAfterMs: number | undefined;
  /** Calls made and allowed, where the headers tell both. */
  count: number | undefined;
  allowed: number | undefined;
}

export function answeredIn(attempt: Attempt): AnswerSays {
  const { headers = {}, start, total } = attempt;
  const wall = start + total;
  // The finer form is the simulator's own, for seconds that are shorter than seconds.
  const exact = Number(headers['retry-after-ms'] ?? Number.NaN);
  const value = headers['retry-after'];
  const told = value === undefined ? undefined : retryAfterMs(value, headers['date'], wall);
  const state = rateStateOf((name) => headers[name], wall);
  const count = whole(headers['inin-ratelimit-count']);
  const allowed = whole(headers['inin-ratelimit-allowed']) ?? state?.limit;
  return {
    retryAfterMs: Number.isFinite(exact) ? exact : (told ?? attempt.ws?.limitedAfter),
    count:
      count ??
      (allowed !== undefined && state !== undefined ? allowed - state.remaining : undefined),
    allowed,
  };
}

function whole(text: string | undefined): number | undefined {
  return text !== undefined && /^\s*\d+\s*$/.test(text) ? Number(text) : undefined;
}
