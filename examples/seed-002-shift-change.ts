/**
 * "200 agents log in at shift change: 429 from the 150th on, 40 % of the calls fail." 2 calls each are
 * 400 in 30 s, and 300 a minute is the limit; retries after 500 ms only add to them. Then the same
 * agents come over 90 s and wait as they are told: nobody is lost.
 *
 *   vurun run examples/seed-002-shift-change.ts --sim seed-002
 *   (-e VUS, RAMP and HOLD scale it; -e PAUSE is the second at which the good agents begin)
 */
import { check, http, type Options, Rate, sleep } from 'vurun';
import type { Response } from 'vurun/http';
import { withBackoff } from './lib/backoff.ts';
import { numberFrom } from './lib/numbers.ts';
import { base, bearer, createCall, dial, fetchToken, stayFor, takeMenu } from './lib/platform.ts';
import { threadGroup, threads, untilEnd, untilTurn } from './lib/thread-group.ts';

const shift = threadGroup({ threads: 200, rampUp: 30, hold: 5 });
const spread = { ...shift, rampUp: 3 * shift.rampUp };
const loggedIn = new Rate('agents_logged_in');

export const options: Options = {
  scenarios: {
    naive: { ...threads(shift), exec: 'naive' },
    good: { ...threads(spread), exec: 'good', startTime: `${numberFrom('PAUSE', 65)}s` },
  },
  // Without a condition, a threshold only gives these tags a line of their own in the summary.
  thresholds: {
    'agents_logged_in{scenario:naive}': [],
    'agents_logged_in{scenario:good}': [],
    'http_reqs{scenario:naive}': [],
    'http_reqs{scenario:naive,status:429}': [],
    'http_reqs{scenario:good}': [],
    'http_reqs{scenario:good,status:429}': [],
  },
};

export const setup = fetchToken;

type Policy = (send: () => Promise<Response>) => Promise<Response>;

/** Tries again after half a second, three times, whatever the answer says. */
const stubborn: Policy = async (send) => {
  let answer = await send();
  for (let retry = 0; retry < 3 && answer.status === 429; retry++) {
    await sleep(0.5);
    answer = await send();
  }
  return answer;
};

export const naive = (token: string) => logIn(token, shift, stubborn);
export const good = (token: string) => logIn(token, spread, withBackoff);

async function logIn(token: string, group: typeof shift, policy: Policy): Promise<void> {
  await untilTurn(group);
  const created = await policy(() => createCall(token));
  const isIn = check(created, { 'the agent is logged in': (r) => r.status === 202 });
  loggedIn.add(isIn);
  if (!isIn) return;
  const { selfUri, connectUri } = created.json<{ selfUri: string; connectUri: string }>();
  const params = { headers: bearer(token), name: 'conversation' };
  const state = await policy(() => http.get(base + selfUri, params));
  check(state, { 'the agent sees the state': (r) => r.status === 200 });
  const ws = dial(connectUri, token);
  await ws.opened;
  await takeMenu(ws, '1', 1);
  check(await stayFor(ws, untilEnd(group)), {
    'the shift ends with 1000': (code) => code === 1000,
  });
}
