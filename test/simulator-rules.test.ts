/** What makes a run of the simulator repeatable, and its ledger the truth. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import {
  type KnobPatch,
  type LedgerEntry,
  type Simulator,
  startSimulator,
} from '../src/simulator/simulator.ts';
import { Caller, fetchToken, RestClient } from './support/seed-clients.ts';

const simulators: Simulator[] = [];
afterEach(async () => {
  await Promise.all(simulators.splice(0).map((simulator) => simulator.close()));
});

async function start(knobs: KnobPatch, preset = 'healthy'): Promise<Simulator> {
  const simulator = await startSimulator({ preset, knobs: { scale: 0.01, ...knobs } });
  simulators.push(simulator);
  return simulator;
}

async function dial(simulator: Simulator, id: number): Promise<Caller> {
  const caller = new Caller(`${simulator.wsUrl}/v1/ivr/${id}`);
  await caller.answered;
  return caller;
}

/** The decisions of one kind, with their ids. */
function decided(simulator: Simulator, kind: LedgerEntry['kind']): string[] {
  return simulator
    .ledger()
    .filter((entry) => entry.kind === kind)
    .map(({ decision, corr }) => `${decision} ${corr}`);
}

describe('the k-th decision of a kind depends on seed, kind and k alone', () => {
  const knobs: KnobPatch = {
    seed: 7,
    saturation: { at: 0, status: 503, share: 0.5 },
    restFault: { everyNth: 3, how: '503' },
    latency: { rest: { sigma: 0.1 }, upgrade: { sigma: 0.1 } },
  };

  it('whatever is asked of other kinds before, after and in between', async () => {
    const [plain, mixed] = await Promise.all([start(knobs), start(knobs)]);
    const rest = new RestClient(plain, await fetchToken(plain));
    for (let i = 0; i < 9; i++) await rest.createCall();
    for (let i = 0; i < 8; i++) await dial(plain, i);

    const first = new RestClient(mixed, await fetchToken(mixed, 'a'));
    for (let i = 0; i < 9; i++) {
      if (i < 8) await dial(mixed, i);
      await fetchToken(mixed, 'b');
      await first.createCall();
    }
    for (const kind of ['rest', 'upgrade'] as const) {
      expect(decided(mixed, kind)).toEqual(decided(plain, kind));
    }
    expect(decided(mixed, 'token')[0]).toBe(decided(plain, 'token')[0]);
    expect(decided(plain, 'rest').map((line) => line.split(' ')[0])).toEqual([
      'accept',
      'accept',
      'fault',
      'accept',
      'accept',
      'fault',
      'accept',
      'accept',
      'fault',
    ]);
    expect(decided(plain, 'upgrade').map((line) => line.split(' ')[0])).toEqual([
      'accept',
      'saturation',
      'accept',
      'saturation',
      'accept',
      'saturation',
      'accept',
      'saturation',
    ]);
  });

  it('and not on what the client calls itself or when it comes', async () => {
    const runs: string[][] = [];
    for (const pauseMs of [0, 20]) {
      const simulator = await start({ ...knobs, restFault: null });
      for (let i = 0; i < 6; i++) {
        await dial(simulator, i * 100 + pauseMs);
        await sleep(pauseMs);
      }
      runs.push(decided(simulator, 'upgrade'));
    }
    expect(runs[0]).toEqual(runs[1]);
  });

  it('so that another seed has other ids and the same counts', async () => {
    const [one, other] = await Promise.all([start(knobs), start({ ...knobs, seed: 8 })]);
    for (let i = 0; i < 6; i++) {
      await dial(one, i);
      await dial(other, i);
    }
    const words = (lines: string[]) => lines.map((line) => line.split(' ')[0]);
    const [a, b] = [decided(one, 'upgrade'), decided(other, 'upgrade')];
    expect(words(a)).toEqual(words(b));
    expect(a.some((line) => b.includes(line))).toBe(false);
  });

  it('so that the n-th accepted session is the one that is dropped, however many are refused', async () => {
    const drop = { everyNth: 2, afterMs: 1, how: 'close:1012' } as const;
    const simulator = await start({ drop, handshakes: { limit: 3, status: 503 } });
    const callers: Caller[] = [];
    for (let i = 0; i < 5; i++) callers.push(await dial(simulator, i));
    await callers[1]?.closed;
    expect(callers.map(({ story }) => story.closeCode)).toEqual([
      undefined,
      1012,
      undefined,
      undefined,
      undefined,
    ]);
  });
});

describe('a window', () => {
  it('begins with the first call that is counted, not with the clock', async () => {
    const simulator = await start({ scale: 1, rest: { limit: 2 } });
    await sleep(30);
    const rest = new RestClient(simulator, await fetchToken(simulator));
    const { headers } = await rest.createCall();
    expect(headers['inin-ratelimit-reset']).toBe('60');
    await rest.createCall();
    const refused = await rest.createCall();
    // Of the minute that began with the first call, no second has to have passed.
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(50);
    expect(refused.headers['retry-after-ms']).toBeUndefined();
  });
});

describe('the same clients', () => {
  it.each(['seed-004', 'other-bucket', 'shared-limit', 'saturation', 'maintenance'])(
    'are treated alike by %s in each of its runs',
    async (preset) => {
      const runs: string[] = [];
      const simulator = await start({ scale: 1, latency: { upgrade: { perActive: 0 } } }, preset);
      for (let run = 0; run < 2; run++) {
        const rest = new RestClient(simulator, await fetchToken(simulator));
        for (let i = 0; i < 120; i++) await rest.createCall();
        const callers: Caller[] = [];
        for (let i = 0; i < 12; i++) callers.push(await dial(simulator, i));
        const facts = simulator
          .ledger()
          .map(({ kind, ordinal, decision, corr, active }) =>
            [kind, ordinal, decision, corr, active].join(),
          );
        runs.push(facts.join('\n'));
        simulator.reset();
        await Promise.all(callers.map((caller) => caller.closed));
      }
      expect(runs[0]).toBe(runs[1]);
      expect(runs[0]?.split('\n')).toHaveLength(133);
    },
  );
});

describe('the ledger', () => {
  it('has every answer under the id the client saw, with the name of its attempt', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'ledger-'));
    try {
      const file = join(folder, 'ledger.ndjson');
      const simulator = await startSimulator({
        ledgerFile: file,
        knobs: {
          scale: 0.01,
          rest: { limit: 3 },
          restFault: { everyNth: 2, how: '502html' },
          maxSessions: 2,
          overCap: '502html',
        },
      });
      simulators.push(simulator);
      const rest = new RestClient(simulator, await fetchToken(simulator));
      const seen: string[] = [];
      const idOf = (headers: Record<string, unknown>): string =>
        String(headers['inin-correlation-id'] ?? String(headers['x-amz-cf-id']).slice(4));
      for (let i = 0; i < 5; i++) {
        // An intermediary's answer is HTML, which this client does not read as an object.
        const path = '/api/v2/conversations/calls';
        const response = await fetch(`${simulator.url}${path}`, {
          method: 'POST',
          headers: {
            authorization: `Bearer ${await fetchToken(simulator)}`,
            'x-vurun-attempt': `a${i}`,
          },
        });
        seen.push(`${response.status} ${idOf(Object.fromEntries(response.headers))} a${i}`);
      }
      for (let i = 0; i < 4; i++) await rest.createCall().catch(() => undefined);
      const callers = [];
      for (let i = 0; i < 3; i++) callers.push(await dial(simulator, i));
      simulator.set({ massDisconnect: { atMs: 0, code: 1006 } });
      await Promise.all(callers.map((caller) => caller.closed));
      await simulator.close();
      simulators.length = 0;
      const entries = readFileSync(file, 'utf8')
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as LedgerEntry);
      expect(entries.map(({ ordinal }) => ordinal)).toEqual(entries.map((_, i) => i + 1));
      for (const line of seen) {
        const [status, corr, attempt] = line.split(' ');
        const own = entries.filter((entry) => entry.corr === corr);
        expect(own).toHaveLength(1);
        expect(own[0]?.attemptHeader).toBe(attempt);
        expect(own[0]?.decision).toBe({ 202: 'accept', 502: 'fault' }[Number(status)]);
      }
      const upgrades = entries.filter(({ kind }) => kind === 'upgrade');
      expect(upgrades.map(({ decision }) => decision)).toEqual(['accept', 'accept', 'cap']);
      const accepted = upgrades.slice(0, 2).map(({ corr }) => corr);
      expect(callers[0]?.story.closeCode).toBe(1006);
      const drops = entries.filter(({ decision }) => decision === 'mass-disconnect');
      expect(drops.map(({ corr }) => corr).sort()).toEqual(accepted.sort());
      const total = Object.values(simulator.state().decisions).reduce((a, b) => a + b, 0);
      expect(entries).toHaveLength(total);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
