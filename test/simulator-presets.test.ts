/**
 * Every preset with a raw client, and what the design says of both: `SIM_SCALE=1 npx vitest run
 * test/simulator-presets.test.ts` keeps the schedules of the plans, with a simulator in a process of
 * its own each, at that scale; without it, clients come as fast as they can and only counts matter.
 */
import { describe, expect, it } from 'vitest';
import { presetNames } from '../src/simulator/presets.ts';
import {
  type LedgerEntry,
  type SimulatorState,
  startSimulator,
} from '../src/simulator/simulator.ts';
import { plans, type World } from './support/preset-plans.ts';
import { startSimulatorProcess } from './support/simulator-process.ts';

const givenScale = process.env.SIM_SCALE;
const isPaced = givenScale !== undefined;
/** The plans last four simulated minutes at most. */
const patienceMs = isPaced ? 60_000 + 300_000 * Number(givenScale) : 60_000;

async function inProcess(preset: string, scale: number): Promise<[World, () => Promise<void>]> {
  // Nobody is to be reminded of the digits because the machine is busy.
  const dialog = { timeoutMs: 3_600_000 };
  const simulator = await startSimulator({ preset, knobs: { scale, dialog } });
  const world: World = {
    url: simulator.url,
    wsUrl: simulator.wsUrl,
    scale,
    isPaced,
    state: () => Promise.resolve(simulator.state()),
    ledger: () => Promise.resolve(simulator.ledger()),
    set: (knobs) => Promise.resolve(simulator.set(knobs as object)),
  };
  return [world, () => simulator.close()];
}

async function asProcess(preset: string, scale: number): Promise<[World, () => Promise<void>]> {
  const args = ['--preset', preset, '--scale', String(scale)];
  const { http, ws, stop } = await startSimulatorProcess(args);
  const admin = (path: string, init?: RequestInit) => fetch(`${http}/__sim/${path}`, init);
  const world: World = {
    url: http,
    wsUrl: ws,
    scale,
    isPaced,
    state: async () => (await (await admin('state')).json()) as SimulatorState,
    ledger: async () =>
      (await (await admin('ledger')).text())
        .trimEnd()
        .split('\n')
        .map((entry) => JSON.parse(entry) as LedgerEntry),
    set: (knobs) => admin('knobs', { method: 'PATCH', body: JSON.stringify(knobs) }),
  };
  return [world, stop];
}

describe('every preset', () => {
  it('has a client, except those that are about the client', () => {
    const without = presetNames.filter((name) => !Object.hasOwn(plans, name));
    expect(without).toEqual(['generator-fd', 'generator-lag']);
  });

  const names = Object.keys(plans).filter((name) => isPaced || !plans[name]?.onlyPaced);
  // They wait for most of their time.
  it.concurrent.each(names)(
    '%s does to its client what it is there for',
    async (name) => {
      const plan = plans[name];
      if (!plan) throw new Error(name);
      const scale = isPaced ? Number(givenScale) : (plan.scale ?? 0.1);
      // Only a process that can be stopped stops accepting.
      const start = isPaced || name === 'syn-queue' ? asProcess : inProcess;
      const [world, stop] = await start(name, scale);
      try {
        const seen = await plan.run(world);
        if (isPaced) console.log(name, JSON.stringify(seen));
        expect(seen).toEqual((isPaced ? undefined : plan.expectedAtOnce) ?? plan.expected);
      } finally {
        await stop();
      }
    },
    patienceMs,
  );
});
