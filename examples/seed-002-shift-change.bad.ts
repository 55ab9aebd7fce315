/**
 * "200 agents log in at shift change: 429 from the 150th on, 40 % of the calls fail." 2 calls each are
 * 400 in 30 s, and 300 a minute is the limit; retries after 500 ms only add to them, and 50 agents are lost.
 *
 *   vurun run examples/seed-002-shift-change.bad.ts --sim seed-002 (-e VUS, RAMP and HOLD scale it)
 */
import { backoff, type Options } from 'vurun';
import { workShift } from './lib/agent.ts';
import { note } from './lib/caller.ts';
import { threadGroup, threads, untilEnd, untilTurn } from './lib/thread-group.ts';

const shift = threadGroup({ threads: 200, rampUp: 30, hold: 5 });
// Three times after half a second, whatever the answer asks for, and POST like all the others.
const retry = backoff.fixed('500ms', { max: 3, on: [429], methods: ['GET', 'POST'] });

export const options: Options = {
  scenarios: { shift: threads(shift) },
  // Without a condition, a threshold only gives these tags a line of their own in the summary.
  thresholds: {
    session_failed: ['rate<0.01'],
    'http_reqs{status:429}': [],
    'session_stages{stage:at work}': [],
  },
};

export default async function (): Promise<void> {
  await untilTurn(shift);
  await workShift({ retry }, untilEnd(shift)).catch(note);
}
