/**
 * Several scenarios in one test: each has its own function, pace, start, variables and tags.
 *
 *   vurun run examples/scenarios.ts --sim healthy
 */
import { check, exec, http, type Options, sleep } from 'vurun';
import { base, createCall, fetchToken } from './lib/platform.ts';

export const options: Options = {
  scenarios: {
    watchers: {
      executor: 'constant-vus',
      vus: 2,
      duration: '3s',
      exec: 'watch',
      env: { ENDPOINT: '/__sim/healthz' },
    },
    callers: {
      executor: 'ramping-vus',
      startVUs: 0,
      stages: [
        { duration: '1s', target: 5 },
        { duration: '1s', target: 0 },
      ],
      startTime: '1s',
      exec: 'call',
      tags: { team: 'voice' },
    },
    // One after another: 6 in all, whoever of the two is free takes the next.
    cleaners: {
      executor: 'shared-iterations',
      vus: 2,
      iterations: 6,
      exec: 'watch',
      env: { ENDPOINT: '/__sim/state' },
    },
  },
  thresholds: {
    'http_req_duration{scenario:watchers}': ['p(95)<500'],
    'http_req_failed{team:voice}': ['rate<0.01'],
  },
};

export const setup = fetchToken;

export async function watch(): Promise<void> {
  const res = await http.get(base + __ENV.ENDPOINT);
  check(res, { [`${exec.scenario.name} get an answer`]: (r) => r.status === 200 });
  await sleep(0.2);
}

export async function call(token: string): Promise<void> {
  check(await createCall(token), { 'a call is created': (r) => r.status === 202 });
  await sleep(0.2);
}
