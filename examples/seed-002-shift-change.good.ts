/**
 * The 200 agents of seed-002-shift-change.bad.ts come over 90 s, keep to what the platform's headers say is
 * left, and wait as long as a 429 asks for, each a little longer than the other: nobody is lost.
 *
 *   vurun run examples/seed-002-shift-change.good.ts --sim seed-002 (-e VUS, RAMP and HOLD scale it)
 */
import { backoff, limits, type Options } from 'vurun';
import { workShift } from './lib/agent.ts';
import { note } from './lib/caller.ts';
import { threadGroup, threads, untilEnd, untilTurn } from './lib/thread-group.ts';

const shift = threadGroup({ threads: 200, rampUp: 90, hold: 5 });
const limit = limits.fromHeaders();
const retry = backoff.fullJitter();

export const options: Options = {
  scenarios: { shift: threads(shift) },
  thresholds: { session_failed: ['rate<0.01'], 'session_stages{stage:at work}': [] },
};

export default async function (): Promise<void> {
  await untilTurn(shift);
  await workShift({ limit, retry, idempotencyKey: true }, untilEnd(shift)).catch(note);
}
