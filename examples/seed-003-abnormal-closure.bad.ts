/**
 * "After 500 concurrent callers WebSockets drop with 1006; we must be stable before we go to 2,000."
 * Each caller above 500 pushes the oldest one out: no close frame, only FIN. -e VUS=2000 goes on.
 *
 *   vurun run examples/seed-003-abnormal-closure.bad.ts --sim seed-003 (-e VUS, RAMP and HOLD scale it)
 */
import { type Options, session, Trend } from 'vurun';
import { createCall, dial, note, stay, takeMenu } from './lib/caller.ts';
import { threadGroup, threads, untilEnd, untilTurn } from './lib/thread-group.ts';

const group = threadGroup({ threads: 600, rampUp: 60, hold: 90 });
const age = new Trend('age_when_closed', true);

export const options: Options = {
  scenarios: { climb: threads(group) },
  // Without a condition, a threshold only gives these tags a line of their own in the summary.
  thresholds: {
    session_failed: ['rate<0.01'],
    'ws_closes{code:1000}': [],
    'ws_closes{code:1006}': [],
    'age_when_closed{cause:lost-fin}': [],
  },
};

export default async function (): Promise<void> {
  await untilTurn(group);
  await session('call', async (t) => {
    const s = await dial(await createCall(), { ping: { every: '20s', timeout: '10s' } });
    t.stage('connected');
    s.on('close', ({ ageMs, cause }) => age.add(ageMs, { cause }));
    await takeMenu(s, '4');
    t.stage('transferred');
    await stay(s, untilEnd(group));
  }).catch(note);
}
