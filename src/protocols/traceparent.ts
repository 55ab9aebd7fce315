/** W3C trace context: what joins a request of ours to the traces of whoever answers it. */
import { randomFillSync } from 'node:crypto';
import { traceIdKey } from '../attempts/contract.ts';
import type { AnswerFacts } from './answer-facts.ts';

/** Random bytes for many ids at once: asking for each would cost a call into the system. */
const pool = Buffer.alloc(24 * 256);
let used = pool.length;

/** A `traceparent` for one request; `share` of them ask to be recorded. */
export function newTraceparent(share: number): string {
  if (used === pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  const ids = pool.toString('hex', used, used + 24);
  used += 24;
  const sampled = share >= 1 || Math.random() < share ? '01' : '00';
  return `00-${ids.slice(0, 32)}-${ids.slice(32)}-${sampled}`;
}

/** An attempt's facts with the trace it belongs to, when it was sent with one. */
export function traced(facts: AnswerFacts, traceparent: string | undefined): AnswerFacts {
  const id = /^[0-9a-f]{2}-([0-9a-f]{32})-/.exec(traceparent ?? '')?.[1];
  return id === undefined ? facts : { ...facts, ids: { ...facts.ids, [traceIdKey]: id } };
}
