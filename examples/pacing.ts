/**
 * The course of a load, a beat for iterations, and think times that vary: what JMeter has thread groups
 * and timers for.
 *
 *   vurun run examples/pacing.ts --sim healthy
 */
import { check, http, type Options } from 'vurun';
import { hold, ramp, stages, steps } from 'vurun/load';
import { Trend } from 'vurun/metrics';
import { normal, pace, think } from 'vurun/pacing';
import { base, createCall, fetchToken } from './lib/platform.ts';

export const options: Options = {
  scenarios: {
    // Up to 4 at once, a while, and down again.
    watchers: {
      executor: 'ramping-vus',
      startVUs: 0,
      stages: stages(ramp(4, '500ms'), hold('1500ms'), ramp(0, '500ms')),
      exec: 'watch',
    },
    // 2, 4 and 6, each for half a second: the tenth part of a step ramps, the rest is flat.
    callers: {
      executor: 'ramping-vus',
      startVUs: 0,
      stages: stages(steps({ by: 2, to: 6, every: '500ms', over: '50ms' })),
      exec: 'call',
    },
  },
};

const behind = new Trend('watcher_behind', true);
const reading = normal('150ms', '50ms');

export const setup = fetchToken;

/** Five times a second in each VU, however long the answer takes. */
export async function watch(): Promise<void> {
  behind.add(await pace('200ms'));
  const res = await http.get(`${base}/__sim/healthz`);
  check(res, { 'the platform is well': (r) => r.status === 200 });
}

/** People do not all take the same time to read. */
export async function call(token: string): Promise<void> {
  check(await createCall(token), { 'a call is created': (r) => r.status === 202 });
  await think(reading);
}
