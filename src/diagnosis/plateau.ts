/** Refusals of new sessions, and how many the target had when it refused. */
import type { Cause } from '../attempts/cause.ts';
import type { Attempt } from '../attempts/contract.ts';
import type { Facts, Seen } from './facts.ts';
import { greatest, least, median } from './statistics.ts';

const refusing: ReadonlySet<Cause> = new Set<Cause>([
  'status',
  'closed-before-answer',
  'reset-before-answer',
  'tls-closed',
  'tls-reset',
]);
/** Statuses that say what is wrong with the request itself. */
const ofTheRequest: ReadonlySet<number> = new Set([400, 401, 403, 404, 405, 426, 501]);

/** Whether the peer would not take this session. */
export function isRefusal({ kind, cause, status }: Attempt): boolean {
  return kind === 'ws' && status !== 101 && refusing.has(cause) && !ofTheRequest.has(status);
}

/** Sessions the peer would not take, without those it says a rate limit kept out. */
export function refusals(facts: Facts): Seen[] {
  return facts.ws.filter(({ attempt, limited }) => isRefusal(attempt) && !limited);
}

export interface Plateau {
  /** Sessions held at the refusals, in the middle. */
  level: number;
  /** Share of refusals that were made with about as many. */
  tight: number;
  /** The fewest and the most. */
  least: number;
  most: number;
}

/**
 * Sessions the target had taken (or was taking) whenever it refused one. The instant that counts is when
 * the request was out: a refusal may be held back for long.
 */
export function plateauOf(facts: Facts, refused: readonly Seen[]): Plateau {
  const instants = refused.map(({ start, attempt }) => start + facts.inSeconds(attempt.sent ?? 0));
  const levels = instants.map((instant) => facts.heldAt(instant));
  const level = Math.round(median(levels));
  const slack = Math.max(2, 0.05 * level);
  // In a rush sessions are not taken in the order in which we sent them.
  const near = instants.filter((instant) => {
    const around = [-facts.jitter, 0, facts.jitter].map((by) => facts.heldAt(instant + by));
    return greatest(around) >= level - slack && least(around) <= level + slack;
  }).length;
  return {
    level,
    tight: near / refused.length,
    least: least(levels),
    most: greatest(levels),
  };
}
