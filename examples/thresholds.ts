/**
 * Thresholds decide whether a test has passed: exit code 0, or 99 when one of them is crossed.
 *
 *   vurun run examples/thresholds.ts --sim healthy
 */
import { check, http, type Options, sleep } from 'vurun';
import { base } from './lib/platform.ts';

export const options: Options = {
  vus: 3,
  duration: '2s',
  thresholds: {
    // At most one request in a hundred fails, or the test ends at once.
    http_req_failed: [{ threshold: 'rate<0.01', abortOnFail: true, delayAbortEval: '1s' }],
    // Two conditions on one metric.
    http_req_duration: ['p(95)<500', 'max<2000'],
    // Only requests with this tag.
    'http_req_duration{part:health}': ['p(95)<300'],
    checks: ['rate==1'],
    iterations: ['count>=3'],
  },
};

export default async function (): Promise<void> {
  const health = await http.get(`${base}/__sim/healthz`, { tags: { part: 'health' } });
  check(health, { 'the platform is well': (r) => r.status === 200 });
  await http.get(`${base}/__sim/state`, { tags: { part: 'state' } });
  await sleep('250ms');
}
