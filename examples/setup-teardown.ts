/**
 * setup() runs once before the VUs, teardown() once after them; both may take their time and use
 * the network. What setup() returns is handed to every iteration and to teardown().
 *
 *   vurun run examples/setup-teardown.ts --sim healthy
 */
import { check, fail, http, type Options } from 'vurun';
import { base, bearer, calls, createCall, fetchToken } from './lib/platform.ts';

export const options: Options = { vus: 2, iterations: 4, setupTimeout: '20s' };

interface Prepared {
  token: string;
  id: string;
}

export async function setup(): Promise<Prepared> {
  const health = await http.get(`${base}/__sim/healthz`);
  if (health.status !== 200) fail(`the platform is not ready: ${health.status} ${health.error}`);
  const token = await fetchToken();
  const created = await createCall(token);
  return { token, id: created.json<string>('id') };
}

export default async function ({ token, id }: Prepared): Promise<void> {
  const res = await http.get(`${calls}/${id}`, { headers: bearer(token), name: 'call' });
  check(res, { 'the call of setup() is there': (r) => r.json('id') === id });
}

export async function teardown({ token, id }: Prepared): Promise<void> {
  const res = await http.del(`${calls}/${id}`, null, { headers: bearer(token), name: 'call' });
  console.log(`the call of setup() is deleted: ${res.status}`);
}
