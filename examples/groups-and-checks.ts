/**
 * Checks say what was hoped for and do not stop anything; groups say in which part of the journey.
 *
 *   vurun run examples/groups-and-checks.ts --sim healthy --summary-mode full
 */
import { check, group, http, type Options } from 'vurun';
import { bearer, calls, createCall, fetchToken } from './lib/platform.ts';

export const options: Options = {
  vus: 2,
  iterations: 4,
  thresholds: {
    'checks{part:lifecycle}': ['rate==1'],
    'group_duration{group:::call}': ['p(95)<2000'],
  },
};

export const setup = fetchToken;

export default async function (token: string): Promise<void> {
  const params = { headers: bearer(token), name: `${calls}/{id}` };
  await group('call', async () => {
    const created = await group('create', () => createCall(token));
    const isCreated = check(
      created,
      {
        'the status is 202': (r) => r.status === 202,
        'there is an address to connect to': (r) => r.json<string>('connectUri').startsWith('/v1/'),
      },
      { part: 'lifecycle' },
    );
    // check() tells whether all of them passed.
    if (!isCreated) return;
    const id = created.json<string>('id');
    const deleted = await group('delete', () => http.del(`${calls}/${id}`, null, params));
    check(deleted, { 'the status is 204': (r) => r.status === 204 }, { part: 'lifecycle' });
  });
}
