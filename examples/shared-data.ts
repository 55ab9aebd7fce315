/**
 * Data from a file, held once for all VUs: with thousands of VUs a copy in each would fill the memory.
 *
 *   vurun run examples/shared-data.ts --sim healthy
 */
import { check, exec, http, type Options, SharedArray } from 'vurun';
import { bearer, calls, fetchToken } from './lib/platform.ts';

interface Caller {
  name: string;
  number: string;
  digits: string;
}

// Read and parsed by one VU, shared with the others.
const callers = new SharedArray<Caller>('callers', () =>
  open('./data/callers.csv')
    .trim()
    .split('\n')
    .slice(1)
    .map((line) => {
      const [name = '', number = '', digits = ''] = line.split(',');
      return { name, number, digits };
    }),
);

export const options: Options = { vus: 3, iterations: 10 };

export const setup = fetchToken;

export default async function (token: string): Promise<void> {
  // No two iterations share this number, so the callers take turns over all VUs.
  const caller = callers[exec.scenario.iterationInTest % callers.length];
  if (!caller) throw new Error('data/callers.csv has no callers');
  const body = JSON.stringify({ phoneNumber: caller.number, callerName: caller.name });
  const res = await http.post(calls, body, { headers: bearer(token) });
  check(res, { 'a call is created for everybody': (r) => r.status === 202 });
}
