/**
 * A test that cannot succeed any more ends at once, with exit code 108; teardown() and the summary
 * still follow. Here the token is wrong on purpose.
 *
 *   vurun run examples/test-abort.ts --sim healthy
 */
import { check, exec, type Options } from 'vurun';
import { createCall } from './lib/platform.ts';

export const options: Options = { vus: 5, duration: '10m' };

export default async function (): Promise<void> {
  const res = await createCall(__ENV.TOKEN ?? 'not-a-token');
  check(res, { 'the call is created': (r) => r.status === 202 });
  // Ten minutes of 401 would measure nothing.
  if (res.status === 401) exec.test.abort('the platform does not know our token');
}

export function teardown(): void {
  console.log('teardown() runs all the same');
}
