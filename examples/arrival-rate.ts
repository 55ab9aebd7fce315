/**
 * The open model: calls come in at a rate, whatever became of those before them.
 *
 *   vurun run examples/arrival-rate.ts --sim healthy
 */
import { check, http, type Options } from 'vurun';
import { hold, perMinute, ramp, stages, startPerSecond } from 'vurun/load';
import { base } from './lib/platform.ts';

export const options: Options = {
  scenarios: {
    // 600 looks at its health a minute, evenly: the n-th starts n x 0.1 s after the first, and nothing drifts.
    steady: {
      executor: 'constant-arrival-rate',
      ...perMinute(600),
      duration: '5s',
      preAllocatedVUs: 5,
      maxVUs: 20,
    },
    // Users who wait for a free VU instead of being dropped: http_req_duration_corrected has their wait.
    rush: {
      executor: 'ramping-arrival-rate',
      ...startPerSecond(5),
      stages: stages(ramp(30, '3s'), hold('2s')),
      preAllocatedVUs: 10,
      whenBusy: 'wait',
    },
  },
  thresholds: {
    // What was not started, and whether the generator itself was in time.
    dropped_iterations: ['count==0'],
    iteration_lateness: ['p(99)<1000'],
  },
};

export default async function () {
  const res = await http.get(`${base}/__sim/healthz`, { name: 'health' });
  check(res, { 'the platform is well': (r) => r.status === 200 });
}
