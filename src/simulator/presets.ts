import { ExitCode, UserError } from '../errors.ts';
import type { KnobPatch } from './knobs.ts';

interface Preset {
  /** What the platform does. */
  summary: string;
  /** What a client does to see it, and sees. */
  plan: string;
  knobs: KnobPatch;
}

/** A line here is all a preset needs. */
const presets: Readonly<Record<string, Preset>> = {
  healthy: {
    summary: 'nothing is wrong',
    plan: '200 users in 30 s: no failures',
    knobs: {},
  },
  'seed-000': {
    summary: 'an edge that answers 502 above 64 sessions, slow handshakes, drops',
    plan: '200 users in 30 s, hold 60 s: the first 502 near 10 s, 129 of them, and 7 sessions lost',
    knobs: {
      saturation: { at: 64, status: 502 },
      latency: { upgrade: { base: 40, perActive: 12 } },
      drop: { everyNth: 9, afterMs: 4_000, how: 'fin' },
    },
  },
  'seed-001': {
    summary: '200 sessions; every further one hangs for 30 s and then gets 408',
    plan: '500 users in 10 s, hold 60 s: 200 accepted, 300 times 408',
    knobs: { maxSessions: 200, overCap: 'hang408', hangMs: 30_000 },
  },
  'seed-002': {
    summary: '300 REST calls a minute per token',
    plan: '200 users in 30 s, 2 calls each, 3 retries 500 ms apart: 429 from 150 users on, 50 lost',
    knobs: { rest: { limit: 300 } },
  },
  'seed-003': {
    summary: '500 sessions; every further one ends the oldest without a close frame',
    plan: '600 users in 60 s, hold 90 s: 500 kept, 100 times 1006',
    knobs: { maxSessions: 500, overCap: 'evict-oldest' },
  },
  'seed-004': {
    summary: '300 REST calls a minute per token, and a live session dies per 10 rejections',
    plan: '500 users in 60 s, think 5 s: 429 from 36 s and 300 users on, then 20 times 1006',
    knobs: { rest: { limit: 300 }, throttlePenalty: { everyRejects: 10, destroy: 'oldest' } },
  },
};

export const presetNames: readonly string[] = Object.keys(presets);

/** Name, behaviour and client plan of every preset, for a help text. */
export function describePresets(): { name: string; summary: string; plan: string }[] {
  return Object.entries(presets).map(([name, { summary, plan }]) => ({ name, summary, plan }));
}

/** @throws UserError when there is no such preset */
export function presetKnobs(name: string): KnobPatch {
  if (!Object.hasOwn(presets, name)) {
    throw new UserError(
      ExitCode.invalidConfig,
      `The simulator has no preset ${JSON.stringify(name)}; there are ${presetNames.join(', ')}`,
    );
  }
  return (presets[name] as Preset).knobs;
}
