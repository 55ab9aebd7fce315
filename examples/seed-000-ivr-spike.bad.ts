/**
 * "At 200 users we get 502 after about 10 s and WebSockets drop at random: our script or the platform?"
 * The edge gives up above 64 sessions, so the first 502 comes with the 65th caller; 7 calls are lost.
 *
 *   vurun run examples/seed-000-ivr-spike.bad.ts --sim seed-000    (-e VUS, RAMP and HOLD scale it)
 */
import { type Options, session } from 'vurun';
import { createCall, dial, note, stay, takeMenu } from './lib/caller.ts';
import { threadGroup, threads, untilEnd, untilTurn } from './lib/thread-group.ts';

const group = threadGroup({ threads: 200, rampUp: 30, hold: 60 });

export const options: Options = {
  scenarios: { spike: threads(group) },
  // Without a condition, a threshold only gives these tags a line of their own in the summary.
  thresholds: {
    session_failed: ['rate<0.01'],
    'ws_sessions{status:101}': [],
    'ws_sessions{status:502}': [],
    'ws_closes{cause:closed-by-us}': [],
    'ws_closes{cause:lost-fin}': [],
  },
};

export default async function (): Promise<void> {
  await untilTurn(group);
  await session('call', async (t) => {
    const s = await dial(await createCall());
    t.stage('connected');
    await takeMenu(s, '1');
    t.stage('transferred');
    await stay(s, untilEnd(group));
  }).catch(note);
}
