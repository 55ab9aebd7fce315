/**
 * "After 500 concurrent callers WebSockets drop with 1006; we must be stable before we go to 2,000."
 * Each caller above 500 pushes the oldest one out: no close frame, only FIN. -e VUS=2000 goes on.
 *
 *   vurun run examples/seed-003-abnormal-closure.ts --sim seed-003 (-e VUS, RAMP and HOLD scale it)
 */
import { Counter, check, type Options, Trend } from 'vurun';
import { createCall, dial, fetchToken, stayFor, takeMenu, upgradeStatus } from './lib/platform.ts';
import { threadGroup, threads, untilEnd, untilTurn } from './lib/thread-group.ts';

const group = threadGroup({ threads: 600, rampUp: 60, hold: 90 });
const closes = new Counter('closes');
const age = new Trend('age_when_closed', true);

export const options: Options = {
  scenarios: { climb: threads(group) },
  // Without a condition, a threshold only gives these tags a line of their own in the summary.
  thresholds: {
    'closes{code:1000}': [],
    'closes{code:1006}': [],
    'age_when_closed{code:1006}': [],
  },
};

export const setup = fetchToken;

export default async function (token: string): Promise<void> {
  await untilTurn(group);
  const created = await createCall(token);
  if (!check(created, { 'the conversation is created': (r) => r.status === 202 })) return;

  const ws = dial(created.json<string>('connectUri'), token);
  const status = await upgradeStatus(ws);
  if (!check(status, { 'the upgrade is accepted': (s) => s === 101 })) return;
  const openedAt = performance.now();
  await takeMenu(ws, '4', 1).catch(() => undefined);
  const code = await stayFor(ws, untilEnd(group));
  closes.add(1, { code });
  age.add(performance.now() - openedAt, { code });
  if (!check(code, { 'the call lasts until we hang up': (c) => c === 1000 })) {
    console.debug(`lost: ${(await ws.closed).error}`);
  }
}
