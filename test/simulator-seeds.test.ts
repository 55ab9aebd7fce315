import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { type Simulator, startSimulator } from '../src/simulator/simulator.ts';
import {
  arrive,
  Caller,
  fetchToken,
  hangUpAll,
  RestClient,
  tally,
} from './support/seed-clients.ts';

let simulator: Simulator;
afterEach(() => simulator.close());

const ivr = (index: number): string => `${simulator.wsUrl}/v1/ivr/caller-${index}`;

function callCount(status: string): number {
  return simulator
    .state()
    .requests.filter((entry) => entry.path.startsWith('/api/') && entry.status === status)
    .reduce((sum, entry) => sum + entry.count, 0);
}

describe('the presets of the threads', () => {
  it('healthy takes 200 callers without a failure, and counts what they count', async () => {
    // On a busy machine nobody is to be reminded of the digits.
    const knobs = { scale: 0.05, dialog: { timeoutMs: 3_600_000 } };
    simulator = await startSimulator({ knobs });
    const callers = await arrive(200, 1_500, (i) => new Caller(ivr(i)));
    await Promise.all(callers.map((caller) => caller.settled));
    expect(simulator.state().active).toBe(200);
    await hangUpAll(callers);
    const { upgrades, messages, closes, sockets } = simulator.state();
    expect(upgrades).toEqual({ 101: 200 });
    expect(closes).toEqual({ 1000: 200 });
    expect(sockets).toMatchObject({ accepted: 200, peak: 200 });
    const stories = callers.map((caller) => caller.story);
    expect(messages.sent).toBe(stories.reduce((sum, { messages: m }) => sum + m.length, 0));
    expect(messages.received).toBe(stories.reduce((sum, { sent }) => sum + sent, 0));
    expect(stories.every(({ messages: m }) => m.length === 4)).toBe(true);
  });

  it('seed-000 answers 502 above 64 sessions and loses every ninth by FIN', async () => {
    simulator = await startSimulator({ preset: 'seed-000', knobs: { scale: 0.05 } });
    const callers = await arrive(200, 1_500, (i) => new Caller(ivr(i)));
    await Promise.all(callers.map((caller) => caller.settled));
    while (simulator.state().closes['1006'] !== 7) await sleep(10);
    const stories = callers.map((caller) => caller.story);
    expect(tally(stories.map(({ upgrade }) => upgrade))).toEqual({ 101: 71, 502: 129 });
    const first = simulator.ledger().find((entry) => entry.decision === 'saturation');
    expect(first?.active).toBe(64);
    const refused = stories.find(({ upgrade }) => upgrade === 502);
    expect(refused?.headers).toMatchObject({ server: 'sim-edge', 'content-type': 'text/html' });
    expect(refused?.headers['inin-correlation-id']).toBeUndefined();
    const edgeIds = simulator.ledger().map(({ corr }) => `sim-${corr}`);
    expect(edgeIds).toContain(refused?.headers['x-amz-cf-id']);
    expect(refused?.body).toContain('<h1>502 Bad Gateway</h1>');
    await hangUpAll(callers);
    expect(tally(stories.map(({ closeCode }) => closeCode ?? 0))).toEqual({
      0: 129,
      1000: 64,
      1006: 7,
    });
    expect(simulator.state().upgrades).toEqual({ 101: 71, 502: 129 });
  });

  it('seed-001 accepts 200 of 500 and lets the others hang until 408', async () => {
    simulator = await startSimulator({ preset: 'seed-001', knobs: { scale: 0.05 } });
    const callers = await arrive(500, 500, (i) => new Caller(ivr(i)));
    await Promise.all(callers.map((caller) => caller.settled));
    await hangUpAll(callers);
    const stories = callers.map((caller) => caller.story);
    expect(tally(stories.map(({ upgrade }) => upgrade))).toEqual({ 101: 200, 408: 300 });
    const late = stories.find(({ upgrade }) => upgrade === 408);
    expect(JSON.parse(late?.body ?? '')).toMatchObject({
      code: 'requestTimedOut',
      message: 'The request timed out before the server could respond.',
      contextId: late?.headers['inin-correlation-id'],
    });
    const { upgrades, closes, messages } = simulator.state();
    expect(upgrades).toEqual({ 101: 200, 408: 300 });
    expect(closes).toEqual({ 1000: 200 });
    expect(messages.received).toBe(200);
    // On a busy machine a session may live until its first keep-alive.
    expect(messages.sent).toBeGreaterThanOrEqual(800);
  });

  it('seed-002 rejects 200 of 500 calls from the 151st agent on', async () => {
    // The agents come one after another, so that no two of them share the last calls of the minute.
    simulator = await startSimulator({ preset: 'seed-002', knobs: { scale: 0.2 } });
    const rest = new RestClient(simulator, await fetchToken(simulator));
    const callers: Caller[] = [];
    const retries: Promise<boolean>[] = [];
    for (let agent = 0; agent < 200; agent++) {
      const created = await rest.createCall();
      if (created.status === 202) {
        const read = await rest.call('GET', String(created.body.selfUri));
        expect(read.status).toBe(200);
        const caller = new Caller(`${simulator.wsUrl}${created.body.connectUri}`);
        await caller.answered;
        callers.push(caller);
      } else {
        retries.push(retry(rest));
      }
    }
    const lost = (await Promise.all(retries)).filter((isIn) => !isIn);
    expect(lost).toHaveLength(50);
    expect(tally(rest.statuses)).toEqual({ 200: 150, 202: 150, 429: 200 });
    expect(callCount('429')).toBe(200);
    const first = simulator.ledger().find((entry) => entry.decision === 'rest-limit');
    expect(first?.active).toBe(150);
    await hangUpAll(callers);
  });

  it('seed-003 keeps 500 of 600 and ends the 100 oldest without a close frame', async () => {
    simulator = await startSimulator({ preset: 'seed-003', knobs: { scale: 0.05 } });
    const callers: Caller[] = [];
    for (let i = 0; i < 600; i++) {
      const caller = new Caller(ivr(i));
      callers.push(caller);
      await caller.answered;
    }
    await Promise.all(callers.slice(0, 100).map((caller) => caller.closed));
    expect(simulator.state().active).toBe(500);
    await Promise.all(callers.map((caller) => caller.settled));
    await hangUpAll(callers);
    const codes = callers.map((caller) => caller.story.closeCode ?? 0);
    expect(codes.slice(0, 100).every((code) => code === 1006)).toBe(true);
    expect(tally(codes)).toEqual({ 1000: 500, 1006: 100 });
    const evictions = simulator.ledger().filter((entry) => entry.decision === 'evict');
    expect(tally(evictions.map((entry) => entry.active))).toEqual({ 500: 100 });
    expect(simulator.state().upgrades).toEqual({ 101: 600 });
  });

  it('seed-004 rejects from the 301st bot on, and 20 live sessions die of it', async () => {
    simulator = await startSimulator({ preset: 'seed-004', knobs: { scale: 0.2 } });
    const rest = new RestClient(simulator, await fetchToken(simulator));
    const callers: Caller[] = [];
    for (let bot = 0; bot < 500; bot++) {
      const created = await rest.createCall();
      if (created.status !== 202) continue;
      const caller = new Caller(`${simulator.wsUrl}${created.body.connectUri}`, { thinkMs: 1_000 });
      await caller.answered;
      callers.push(caller);
    }
    expect(tally(rest.statuses)).toEqual({ 202: 300, 429: 200 });
    await Promise.all(callers.map((caller) => caller.settled));
    await hangUpAll(callers);
    expect(tally(callers.map((caller) => caller.story.closeCode ?? 0))).toEqual({
      1000: 280,
      1006: 20,
    });
    const ledger = simulator.ledger();
    const first = ledger.find((entry) => entry.decision === 'rest-limit');
    expect(first?.active).toBe(300);
    const penalties = ledger.filter((entry) => entry.decision === 'penalty');
    expect(penalties).toHaveLength(20);
    expect(penalties.every((entry) => entry.ordinal > (first?.ordinal ?? 0))).toBe(true);
  });

  it('answers the same ids and counts to the same clients again', async () => {
    simulator = await startSimulator({
      preset: 'seed-001',
      knobs: { scale: 0.01, maxSessions: 5 },
    });
    const decisions: string[] = [];
    for (let run = 0; run < 2; run++) {
      const callers: Caller[] = [];
      for (let i = 0; i < 10; i++) {
        const caller = new Caller(ivr(i));
        callers.push(caller);
        if (i < 5) await caller.answered;
      }
      await Promise.all(callers.map((caller) => caller.settled));
      decisions.push(
        simulator
          .ledger()
          .map(({ ordinal, decision, corr, active }) => [ordinal, decision, corr, active].join())
          .join('\n'),
      );
      simulator.reset();
      await hangUpAll(callers);
    }
    expect(decisions[0]).toBe(decisions[1]);
    expect(decisions[0]?.split('\n')).toHaveLength(10);
  });
});

/** Three times, half a second apart whatever the answer says: the client of the thread. */
async function retry(rest: RestClient): Promise<boolean> {
  for (let attempt = 0; attempt < 3; attempt++) {
    await sleep(100);
    if ((await rest.createCall()).status === 202) return true;
  }
  return false;
}
