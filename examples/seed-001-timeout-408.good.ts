/**
 * The 500 callers of seed-001-timeout-408.bad.ts, who know that there are 200 lines: the 201st waits here
 * until somebody hangs up, instead of 30 s at the platform for a 408. Everybody is served.
 *
 *   vurun run examples/seed-001-timeout-408.good.ts --sim seed-001 (-e VUS, RAMP, ROOM and STAY scale it)
 */
import { limits, type Options, session } from 'vurun';
import { createCall, dial, note, stay, takeMenu } from './lib/caller.ts';
import { numberFrom } from './lib/numbers.ts';
import { threadGroup, threads, untilTurn } from './lib/thread-group.ts';

const group = threadGroup({ threads: 500, rampUp: 10, hold: 0 });
const stayMs = numberFrom('STAY', 10) * 1000;
const room = limits.concurrent(numberFrom('ROOM', 195), { name: 'lines' });

export const options: Options = {
  scenarios: { burst: threads(group) },
  thresholds: { session_failed: ['rate<0.01'], 'ws_sessions{status:101}': [] },
};

export default async function (): Promise<void> {
  await untilTurn(group);
  await session('call', async (t) => {
    const s = await dial(await createCall(), { limit: room });
    t.stage('connected');
    await takeMenu(s, '1');
    t.stage('transferred');
    await stay(s, stayMs);
  }).catch(note);
}
