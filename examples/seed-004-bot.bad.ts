/**
 * "500 bots in 60 s: from 300 concurrent on we get 429, then 1006. Which header lifts the limit?" None.
 * 300 calls a minute are the limit, not 300 sessions; and for each ten refusals a live session dies.
 *
 *   vurun run examples/seed-004-bot.bad.ts --sim seed-004   (-e VUS, RAMP, HOLD and THINK scale it)
 */
import { type Options, session } from 'vurun';
import { createCall, dial, note, stay, takeMenu } from './lib/caller.ts';
import { numberFrom } from './lib/numbers.ts';
import { threadGroup, threads, untilEnd, untilTurn } from './lib/thread-group.ts';

const group = threadGroup({ threads: 500, rampUp: 60, hold: 10 });
const think = `${numberFrom('THINK', 5)}s`;

export const options: Options = {
  scenarios: { bots: threads(group) },
  // Without a condition, a threshold only gives these tags a line of their own in the summary.
  thresholds: {
    session_failed: ['rate<0.01'],
    'http_reqs{status:202}': [],
    'http_reqs{status:429}': [],
    'ws_closes{code:1000}': [],
    'ws_closes{code:1006}': [],
  },
};

export default async function (): Promise<void> {
  await untilTurn(group);
  await session('bot', async (t) => {
    const call = await createCall();
    t.stage('call created');
    const s = await dial(call);
    await takeMenu(s, '1', think);
    t.stage('transferred');
    await stay(s, untilEnd(group));
  }).catch(note);
}
