/**
 * The 500 bots of seed-004-bot.bad.ts, paced at 280 calls a minute for all of them together: no 429, and
 * all 500 are in at the same time, which proves that the limit was one of rate and not of sessions.
 *
 *   vurun run examples/seed-004-bot.good.ts --sim seed-004  (-e VUS, RAMP, RATE, STAY and THINK scale it)
 */
import { limits, type Options, session } from 'vurun';
import { createCall, dial, note, stay, takeMenu } from './lib/caller.ts';
import { numberFrom } from './lib/numbers.ts';
import { threadGroup, threads, untilTurn } from './lib/thread-group.ts';

const group = threadGroup({ threads: 500, rampUp: 60, hold: 0 });
const stayMs = numberFrom('STAY', 120) * 1000;
const think = `${numberFrom('THINK', 5)}s`;
const pace = limits.perMinute(numberFrom('RATE', 280), { name: 'calls' });

export const options: Options = {
  scenarios: { bots: threads(group) },
  thresholds: { session_failed: ['rate<0.01'], 'http_reqs{status:202}': [] },
};

export default async function (): Promise<void> {
  await untilTurn(group);
  await session('bot', async (t) => {
    const call = await createCall({ limit: pace });
    t.stage('call created');
    const s = await dial(call);
    await takeMenu(s, '1', think);
    t.stage('transferred');
    await stay(s, stayMs);
  }).catch(note);
}
