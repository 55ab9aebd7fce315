/**
 * Metrics of your own: a sum, a level, a share and a distribution.
 *
 *   vurun run examples/custom-metrics.ts --sim healthy
 */
import { Counter, Gauge, http, type Options, Rate, sleep, Trend } from 'vurun';
import { base } from './lib/platform.ts';

// Metrics are declared here, outside of functions. `true` says that the values are milliseconds.
const bytes = new Counter('answer_bytes');
const uptime = new Gauge('platform_uptime', true);
const fresh = new Rate('fresh_answers');
const parsing = new Trend('parsing_time', true);

export const options: Options = {
  vus: 2,
  iterations: 6,
  thresholds: {
    fresh_answers: ['rate>0.9'],
    'answer_bytes{kind:state}': ['count>0'],
  },
};

export default async function (): Promise<void> {
  const res = await http.get(`${base}/__sim/state`);
  bytes.add(res.body?.length ?? 0, { kind: 'state' });

  const startedAt = performance.now();
  const { uptimeMs } = res.json<{ uptimeMs: number }>();
  parsing.add(performance.now() - startedAt);

  uptime.add(uptimeMs);
  fresh.add(res.timings.duration < 200);
  await sleep(0.1);
}
