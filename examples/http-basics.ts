/**
 * Requests with headers, parameters and JSON, and what a response tells.
 *
 *   vurun run examples/http-basics.ts --sim healthy
 */
import { check, http, sleep } from 'vurun';
import { base, bearer, calls, fetchToken } from './lib/platform.ts';

export const options = { vus: 2, iterations: 4 };

export const setup = fetchToken;

export default async function (token: string): Promise<void> {
  const health = await http.get(`${base}/__sim/healthz`, { timeout: '5s' });
  check(health, {
    'the platform is well': (r) => r.status === 200,
    'it says so in JSON': (r) => r.json('status') === 'ok',
    'it answers within 500 ms': (r) => r.timings.duration < 500,
  });

  const headers = { ...bearer(token), 'Content-Type': 'application/json' };
  const body = JSON.stringify({ phoneNumber: '+49 30 1234567' });
  const created = await http.post(calls, body, { headers });
  check(created, { 'a call is created': (r) => r.status === 202 });

  // The name stands for the URL in the summary; without it each id would be a series of its own.
  const id = created.json<string>('id');
  const one = await http.get(`${calls}/${id}`, { headers, name: `${calls}/{id}` });
  check(one, { 'the call can be read': (r) => r.json('state') === 'alerting' });
  await http.del(`${calls}/${id}`, null, { headers, name: `${calls}/{id}` });

  // A 404 that is expected is no failure.
  const gone = await http.get(`${calls}/${id}`, {
    headers,
    name: `${calls}/{id}`,
    responseCallback: http.expectedStatuses(404),
  });
  check(gone, { 'the call is gone': (r) => r.status === 404 });
  await sleep(0.2);
}
