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

const part = { part: 'lifecycle' };

export default async function (token: string): Promise<void> {
  const params = { headers: bearer(token), name: `${calls}/{id}` };
  await group('call', async () => {
    const created = await group('create', () => createCall(token));
    // check() tells whether all of them passed.
    const isCreated = check(created, { 'the call is created': (r) => r.status === 202 }, part);
    if (!isCreated) return;
    await group('delete', async () => {
      const res = await http.del(`${calls}/${created.json<string>('id')}`, null, params);
      check(
        res,
        {
          'the call is deleted': (r) => r.status === 204,
          'there is no body': (r) => r.body === null || r.body === '',
        },
        part,
      );
    });
  });
}
