/**
 * "Of 500 sessions the first 200 connect; the others hang for exactly 30 s, then 408." There are 200
 * slots. We would wait 90 s for an upgrade, so the 30 s in the summary are the platform's, not ours.
 *
 *   vurun run examples/seed-001-timeout-408.bad.ts --sim seed-001  (-e VUS, RAMP and HOLD scale it)
 */
import { type Options, session, Trend } from 'vurun';
import { WsError } from 'vurun/ws';
import { createCall, dial, note, stay, takeMenu } from './lib/caller.ts';
import { threadGroup, threads, untilEnd, untilTurn } from './lib/thread-group.ts';

const group = threadGroup({ threads: 500, rampUp: 10, hold: 60 });
const refusedAfter = new Trend('refused_after', true);

export const options: Options = {
  scenarios: { burst: threads(group) },
  // Without a condition, a threshold only gives these tags a line of their own in the summary.
  thresholds: {
    session_failed: ['rate<0.01'],
    'ws_sessions{status:101}': [],
    'ws_sessions{status:408}': [],
  },
};

export default async function (): Promise<void> {
  await untilTurn(group);
  await session('call', async (t) => {
    const s = await dial(await createCall(), { timeouts: { upgrade: '90s' } });
    t.stage('connected');
    await takeMenu(s, '1');
    t.stage('transferred');
    await stay(s, untilEnd(group));
  }).catch((error: Error) => {
    note(error);
    if (!(error instanceof WsError)) return;
    const { status, initiator, ageMs, ids } = error.cause;
    refusedAfter.add(ageMs, { status, by: initiator });
    // With -v these lines are shown: the platform's support finds an attempt by its id.
    console.debug(`${status} by the ${initiator} after ${Math.round(ageMs)} ms:`, ids);
  });
}
