/** Each attempt leaves exactly one terminal record: against the simulator's own ledger, whatever happens. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Attempt } from '../src/attempts/contract.ts';
import { readResult } from '../src/results/result-reader.ts';
import type { LedgerEntry } from '../src/simulator/ledger.ts';
import { type CliRun, folder, startCli } from './support/cli.ts';
import { startSimulatorProcess } from './support/simulator-process.ts';

const script = `import { http, exec, sleep, WebSocket } from 'vurun';
export const options = {
  scenarios: { callers: __ENV.FOREVER
    ? { executor: 'constant-vus', vus: 12, duration: '10m', gracefulStop: '30s' }
    : { executor: 'per-vu-iterations', vus: 12, iterations: 6 } },
  vuTurnTimeout: '1500ms',
};
const calls = __ENV.BASE + '/api/v2/conversations/calls';
export async function setup() {
  const token = await http.post(__ENV.BASE + '/oauth/token', { grant_type: 'client_credentials' },
    { headers: { Authorization: 'Basic Y2xpZW50OnNlY3JldA==' } });
  return { Authorization: 'Bearer ' + token.json('access_token') };
}
export default async function (headers) {
  const created = await http.post(calls, null, { headers });
  await http.get(__ENV.BASE + '/api/v2/nothing', { headers, name: 'nothing' });
  const { id, connectUri } = created.json();
  const ws = new WebSocket(__ENV.BASE.replace(/^http/, 'ws') + connectUri, { headers, name: 'ivr' });
  await ws.opened.catch(() => undefined);
  if (__ITER === 1) console.log('second iteration of ' + __VU);
  if (__ENV.HANG && __VU === 7 && __ITER === 2) {
    await sleep(2.5);
    Array.prototype.indexOf.call({ length: 2 ** 53 - 1 }, 1);
  }
  await sleep(__ENV.FOREVER ? 0.3 : 0.05);
  if (__VU % 3 === 0) await http.del(calls + '/' + id, null, { headers, name: 'delete' });
  ws.close(1000);
  await ws.closed;
}
`;

interface Story {
  run: CliRun;
  records: Attempt[];
  /** Decisions of the simulator on attempts: what happened to open sockets later is not one. */
  decisions: LedgerEntry[];
  /** Attempts the run has counted, by kind. */
  counted: Record<string, number>;
}

/** Runs the script against a simulator, with what `meanwhile` does to it. */
async function story(
  args: readonly string[],
  meanwhile: (run: Awaited<ReturnType<typeof startCli>>) => Promise<void> = async () => {},
): Promise<Story> {
  const dir = folder({ 'main.ts': script });
  const ledger = join(dir, 'ledger.ndjson');
  const simulator = await startSimulatorProcess([
    '--preset',
    'seed-000',
    '--port',
    '0',
    '--ledger',
    ledger,
  ]);
  const started = await startCli(
    [
      ...['run', 'main.ts', '--quiet', '-e', `BASE=${simulator.http}`, '--shards', '2'],
      ...['--out', 'attempts=attempts.ndjson', '--out', 'result=run.vurun.gz', ...args],
    ],
    { dir },
  );
  await meanwhile(started);
  const run = await started.done;
  await simulator.stop();
  const lines = <T>(name: string): T[] =>
    readFileSync(join(dir, name), 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as T);
  const counted: Record<string, number> = {};
  for (const { kind, count } of readResult(join(dir, 'run.vurun.gz')).end?.outcomes ?? []) {
    counted[kind] = (counted[kind] ?? 0) + count;
  }
  return {
    run,
    records: lines<Attempt>('attempts.ndjson'),
    decisions: lines<LedgerEntry>('ledger.ndjson').filter(({ kind }) => kind !== 'ws'),
    counted,
  };
}

const corr = ({ ids }: Attempt): string | undefined => ids?.['inin-correlation-id'];

/** What holds of every run, however it ended. */
function expectOneRecordEach({ records, decisions, counted }: Story): void {
  const byKind: Record<string, number> = {};
  for (const { kind } of records) byKind[kind] = (byKind[kind] ?? 0) + 1;
  expect(byKind).toEqual(counted);
  const ids = records.map(corr).filter((id) => id !== undefined);
  expect(new Set(ids).size).toBe(ids.length);
  const decided = new Set(decisions.map((decision) => decision.corr));
  expect(ids.filter((id) => !decided.has(id))).toEqual([]);
}

describe.concurrent('one terminal record for each attempt', () => {
  test('the simulator’s ledger and the records agree one to one by correlation id', async () => {
    const told = await story([]);
    expect(told.run.exitCode).toBe(0);
    expectOneRecordEach(told);
    const ids = told.records.map(corr).filter((id) => id !== undefined);
    expect(ids.toSorted()).toEqual(told.decisions.map((decision) => decision.corr).toSorted());
    // A token, and for each iteration two calls, a socket, and a third of the time a call to delete.
    expect(told.records.filter(({ kind }) => kind === 'http')).toHaveLength(1 + 72 * 2 + 24);
    expect(told.records.filter(({ kind }) => kind === 'ws')).toHaveLength(72);
  });

  test('after Ctrl-C in mid-run', async () => {
    const told = await story(['-e', 'FOREVER=1'], async (run) => {
      await run.shows('second iteration of 12');
      run.signal('SIGINT');
    });
    expect(told.run.exitCode).toBe(105);
    expectOneRecordEach(told);
    expect(told.records.some(({ cause }) => cause === 'iteration-ended')).toBe(true);
    // What the simulator decided and we have no id of was under way, and has a record without one.
    const ids = new Set(told.records.map(corr));
    const unheard = told.decisions.filter((decision) => !ids.has(decision.corr));
    const without = told.records.filter((record) => corr(record) === undefined);
    expect(unheard.length).toBeLessThanOrEqual(without.length);
  });

  test('with a shard lost', async () => {
    const told = await story(['-e', 'HANG=1']);
    expect(told.run.stdout).toMatch(/shard \d was lost/);
    expectOneRecordEach(told);
    const lost = told.records.filter(({ cause }) => cause === 'shard-lost');
    // At least the socket of the VU that hung was open.
    expect(lost.length).toBeGreaterThan(0);
    const ids = new Set(told.records.map(corr));
    const unheard = told.decisions.filter((decision) => !ids.has(decision.corr));
    const without = told.records.filter((record) => corr(record) === undefined);
    expect(unheard.length).toBeLessThanOrEqual(without.length);
  });
});
