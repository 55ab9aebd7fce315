/**
 * "Of 500 sessions the first 200 connect; the others hang for exactly 30 s, then 408." There are 200
 * slots. We would wait 90 s for an upgrade, so the 30 s in the summary are the platform's, not ours.
 *
 *   vurun run examples/seed-001-timeout-408.ts --sim seed-001      (-e VUS, RAMP and HOLD scale it)
 */
import { Counter, check, type Options, Trend } from 'vurun';
import { createCall, dial, fetchToken, stayFor, takeMenu, upgradeStatus } from './lib/platform.ts';
import { threadGroup, threads, untilEnd, untilTurn } from './lib/thread-group.ts';

const group = threadGroup({ threads: 500, rampUp: 10, hold: 60 });
const upgrades = new Counter('upgrades');
const answeredAfter = new Trend('upgrade_answered_after', true);

export const options: Options = {
  scenarios: { burst: threads(group) },
  // Without a condition, a threshold only gives these tags a line of their own in the summary.
  thresholds: {
    'upgrades{status:101}': [],
    'upgrades{status:408}': [],
    'upgrade_answered_after{status:101}': [],
    'upgrade_answered_after{status:408}': [],
  },
};

export const setup = fetchToken;

export default async function (token: string): Promise<void> {
  await untilTurn(group);
  const created = await createCall(token);
  if (!check(created, { 'the conversation is created': (r) => r.status === 202 })) return;

  const dialledAt = performance.now();
  const ws = dial(created.json<string>('connectUri'), token, { timeout: '90s' });
  const status = await upgradeStatus(ws);
  upgrades.add(1, { status });
  answeredAfter.add(performance.now() - dialledAt, { status });
  if (!check(status, { 'the upgrade is accepted': (s) => s === 101 })) {
    // With -v these lines are shown: the platform's support finds an attempt by its id.
    console.debug(`refused: ${status}, id ${ws.handshake?.headers['Inin-Correlation-Id']}`);
    return;
  }
  await takeMenu(ws, '1', 1);
  const code = await stayFor(ws, untilEnd(group));
  check(code, { 'the call lasts until we hang up': (c) => c === 1000 });
}
