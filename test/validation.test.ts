/**
 * A dozen of the validation runs, short: vurun itself against the simulator, its verdict against the
 * ledger. `npm run validate` has all of them, and a second set that no threshold was ever adjusted to.
 */
import { afterAll, describe, expect, test } from 'vitest';
import { NotPossible, runOne } from './validation/run.ts';
import { briefly, confusion, type Score, scoreOf } from './validation/score.ts';
import { suite } from './validation/suite.ts';

const conditions = { scale: 0.05, seed: 7, users: 1, shape: 'arrivals' } as const;
const names = [
  'healthy',
  'seed-000',
  'seed-002',
  'seed-004',
  'token-storm',
  'maintenance',
  'idle-10-ping',
  'restart',
  'wrong-endpoint',
  'channel-21',
  'generator-fd',
  'generator-ports',
  'generator-vus',
];

const scores: Score[] = [];
const notes: string[] = [];

afterAll(() => {
  process.stdout.write(`${[...notes, '', confusion(scores)].join('\n')}\n`);
});

describe('what vurun says of a run', () => {
  test.each(names)('%s', async (name) => {
    const validation = suite.find((one) => one.name === name);
    if (validation === undefined) throw new Error(`no validation is called ${name}`);
    let run: Awaited<ReturnType<typeof runOne>>;
    try {
      run = await runOne(validation, conditions);
    } catch (thrown) {
      if (!(thrown instanceof NotPossible)) throw thrown;
      notes.push(`${name}: SKIPPED, not possible here: ${thrown.message}`);
      return;
    }
    const score = scoreOf(validation, run);
    // On a machine that is busy with other things the generator is ill in truth, and says so.
    if (score.disturbed !== undefined) {
      notes.push(`${name}: not scored, the machine was busy: ${score.disturbed}`);
      return;
    }
    notes.push(`${name}: ${briefly(run.diagnosis)}`);
    scores.push(score);
    expect(score.certainWrong).toEqual([]);
    expect(score.wrong).toEqual([]);
  });
});
