/**
 * "At 200 users we get 502 after about 10 s and WebSockets drop at random: our script or the platform?"
 * The edge gives up above 64 sessions, so the first 502 comes with the 65th caller; 7 calls are lost.
 *
 *   vurun run examples/seed-000-ivr-spike.ts --sim seed-000        (-e VUS, RAMP and HOLD scale it)
 */
import { Counter, check, exec, type Options, Trend } from 'vurun';
import { createCall, dial, fetchToken, stayFor, takeMenu, upgradeStatus } from './lib/platform.ts';
import { threadGroup, threads, untilEnd, untilTurn } from './lib/thread-group.ts';

const group = threadGroup({ threads: 200, rampUp: 30, hold: 60 });
const upgrades = new Counter('upgrades');
const closes = new Counter('closes');
const refusedAt = new Trend('refused_at', true);

export const options: Options = {
  scenarios: { spike: threads(group) },
  // Without a condition, a threshold only gives these tags a line of their own in the summary.
  thresholds: {
    'upgrades{status:101}': [],
    'upgrades{status:502}': [],
    'closes{code:1000}': [],
    'closes{code:1006}': [],
  },
};

export const setup = fetchToken;

export default async function (token: string): Promise<void> {
  await untilTurn(group);
  const created = await createCall(token);
  if (!check(created, { 'the conversation is created': (r) => r.status === 202 })) return;

  const ws = dial(created.json<string>('connectUri'), token);
  const status = await upgradeStatus(ws);
  upgrades.add(1, { status });
  if (!check(status, { 'the upgrade is accepted': (s) => s === 101 })) {
    refusedAt.add(Date.now() - exec.scenario.startTime);
    return;
  }
  // A call that is lost in the menu shows in the close code.
  await takeMenu(ws, '1', 1).catch(() => undefined);
  const code = await stayFor(ws, untilEnd(group));
  closes.add(1, { code });
  check(code, { 'the call lasts until we hang up': (c) => c === 1000 });
}
