/**
 * "500 bots in 60 s: from 300 concurrent on we get 429, then 1006. Which header lifts the limit?" None.
 * 300 calls a minute are the limit, not 300 sessions: with -e RAMP=120 the same bots all get in.
 *
 *   vurun run examples/seed-004-bot.ts --sim seed-004       (-e VUS, RAMP, HOLD and THINK scale it)
 */
import { Counter, check, exec, type Options, Trend } from 'vurun';
import { numberFrom } from './lib/numbers.ts';
import { createCall, dial, fetchToken, stayFor, takeMenu, upgradeStatus } from './lib/platform.ts';
import { threadGroup, threads, untilEnd, untilTurn } from './lib/thread-group.ts';

const group = threadGroup({ threads: 500, rampUp: 60, hold: 10 });
const thinkSeconds = numberFrom('THINK', 5);
const creates = new Counter('creates');
const closes = new Counter('closes');
const throttledAt = new Trend('throttled_at', true);

export const options: Options = {
  scenarios: { bots: threads(group) },
  // Without a condition, a threshold only gives these tags a line of their own in the summary.
  thresholds: {
    'creates{status:202}': [],
    'creates{status:429}': [],
    'closes{code:1000}': [],
    'closes{code:1006}': [],
  },
};

export const setup = fetchToken;

export default async function (token: string): Promise<void> {
  await untilTurn(group);
  const created = await createCall(token);
  creates.add(1, { status: created.status });
  if (!check(created, { 'the conversation is created': (r) => r.status === 202 })) {
    throttledAt.add(Date.now() - exec.scenario.startTime);
    return;
  }
  const ws = dial(created.json<string>('connectUri'), token);
  const status = await upgradeStatus(ws);
  if (!check(status, { 'the upgrade is accepted': (s) => s === 101 })) return;
  await takeMenu(ws, '1', thinkSeconds).catch(() => undefined);
  const code = await stayFor(ws, untilEnd(group));
  closes.add(1, { code });
  check(code, { 'the conversation lasts until we end it': (c) => c === 1000 });
}
