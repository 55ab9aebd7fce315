/**
 * The 200 callers of seed-000-ivr-spike.bad.ts, of whom 60 at most are on the line at a time: no 502. And
 * whose line the edge drops dials again, as a person would, instead of being counted as lost.
 *
 *   vurun run examples/seed-000-ivr-spike.good.ts --sim seed-000   (-e VUS, RAMP, ROOM and STAY scale it)
 */
import { limits, type Options, session } from 'vurun';
import { WsError } from 'vurun/ws';
import { type Call, createCall, dial, note, stay, takeMenu } from './lib/caller.ts';
import { numberFrom } from './lib/numbers.ts';
import { threadGroup, threads, untilTurn } from './lib/thread-group.ts';

const group = threadGroup({ threads: 200, rampUp: 30, hold: 0 });
const stayMs = numberFrom('STAY', 15) * 1000;
const room = limits.concurrent(numberFrom('ROOM', 60), { name: 'lines' });

export const options: Options = {
  scenarios: { spike: threads(group) },
  thresholds: {
    session_failed: ['rate<0.01'],
    'ws_sessions{status:101}': [],
    'ws_closes{cause:lost-fin}': [],
  },
};

export default async function (): Promise<void> {
  await untilTurn(group);
  await session('call', async (t) => {
    const call = await createCall();
    for (let redials = 0; ; redials++) {
      try {
        await onTheLine(call, t.stage);
        return;
      } catch (error) {
        const isLost = error instanceof WsError && error.cause.cause === 'lost-fin';
        if (!isLost || redials === 9) throw error;
        t.stage('dialled again');
      }
    }
  }).catch(note);
}

async function onTheLine(call: Call, stage: (name: string) => void): Promise<void> {
  const s = await dial(call, { limit: room });
  stage('connected');
  await takeMenu(s, '1');
  stage('transferred');
  await stay(s, stayMs);
}
