/**
 * The 600 callers of seed-003-abnormal-closure.bad.ts, of whom 480 at most are on the line: nobody is pushed
 * out, however long they come. So 1006 was about how many there are at once, and not about how many come.
 *
 *   vurun run examples/seed-003-abnormal-closure.good.ts --sim seed-003 (-e VUS, RAMP, ROOM and STAY scale it)
 */
import { limits, type Options, session } from 'vurun';
import { createCall, dial, note, stay, takeMenu } from './lib/caller.ts';
import { numberFrom } from './lib/numbers.ts';
import { threadGroup, threads, untilTurn } from './lib/thread-group.ts';

const group = threadGroup({ threads: 600, rampUp: 60, hold: 0 });
const stayMs = numberFrom('STAY', 60) * 1000;
const room = limits.concurrent(numberFrom('ROOM', 480), { name: 'lines' });

export const options: Options = {
  scenarios: { climb: threads(group) },
  thresholds: { session_failed: ['rate<0.01'], 'ws_closes{code:1000}': [] },
};

export default async function (): Promise<void> {
  await untilTurn(group);
  await session('call', async (t) => {
    const call = await createCall();
    const s = await dial(call, { limit: room, ping: { every: '20s', timeout: '10s' } });
    t.stage('connected');
    await takeMenu(s, '4');
    t.stage('transferred');
    await stay(s, stayMs);
  }).catch(note);
}
