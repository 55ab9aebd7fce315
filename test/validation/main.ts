/**
 * `npm run validate [-- tune|held-out] [NAME …]`: vurun against every preset of the simulator, and a
 * confusion matrix of its verdicts. Wants a machine of its own; runs that others disturbed are repeated
 * (REPEATS=3 times). SHAPE=ramp takes only the conditions of that shape.
 */
import { loadavg } from 'node:os';
import { heldOut } from './held-out.ts';
import type { Validation } from './plan.ts';
import { type Conditions, NotPossible, runOne } from './run.ts';
import { briefly, confusion, type Score, scoreOf } from './score.ts';
import { suite } from './suite.ts';
import { tune } from './tune.ts';

const say = (line: string): void => void process.stdout.write(`${line}\n`);

/** How often a disturbed run is repeated. */
const repeats = Number(process.env['REPEATS'] ?? 3);

async function validate(
  validation: Validation,
  conditions: Conditions,
): Promise<Score | undefined> {
  const { scale, shape, seed } = conditions;
  const label = `${validation.name} [${shape}, scale ${Math.max(scale, validation.leastScale ?? 0)}, seed ${seed}]`;
  for (let attempt = 1; ; attempt++) {
    try {
      const run = await runOne(validation, conditions);
      const score = scoreOf(validation, run);
      if (score.disturbed !== undefined && attempt <= repeats) {
        say(
          `~ ${label}: disturbed, once more (${score.disturbed}); it said ${briefly(run.diagnosis)}`,
        );
        continue;
      }
      if (score.disturbed !== undefined) {
        say(
          `~ ${label}: not scored, the machine is too busy (load ${loadavg()[0]?.toFixed(1)}); it said ${briefly(run.diagnosis)}`,
        );
        return undefined;
      }
      const faults = validation.faults
        .filter((fault) => fault.includes(':'))
        .map((fault) => `${fault} ${run.decisions[fault] ?? 0}`);
      say(
        `${score.wrong.length === 0 && score.certainWrong.length === 0 ? '✓' : '✗'} ${label}: ${briefly(run.diagnosis)}${faults.length > 0 ? ` — ledger: ${faults.join(', ')}` : ''}`,
      );
      if (score.extra.length > 0) say(`    besides: ${score.extra.join(', ')}`);
      if (score.wrong.length > 0) {
        for (const { what, count } of run.diagnosis.unexplained)
          say(`    left: ${count} × ${what}`);
        say(`    ledger: ${JSON.stringify(run.decisions)}`);
      }
      for (const one of score.wrong) say(`    wrong: ${one}`);
      for (const rule of score.certainWrong) say(`    certain and wrong: ${rule}`);
      return score;
    } catch (thrown) {
      if (thrown instanceof NotPossible) {
        say(`- ${label}: SKIPPED, not possible here: ${thrown.message}`);
        return undefined;
      }
      say(`✗ ${label}: ${(thrown as Error).message}`);
      if (attempt > 1) return undefined;
    }
  }
}

const [which = 'tune', ...names] = process.argv.slice(2);
const sets: Readonly<Record<string, readonly Conditions[]>> = { tune, 'held-out': heldOut };
const set = sets[which];
if (set === undefined) {
  say(`no set '${which}'; there are ${Object.keys(sets).join(' and ')}`);
  process.exit(1);
}
const only = process.env['SHAPE'];
const chosen = suite.filter(
  ({ name }) => names.length === 0 || names.some((n) => name.startsWith(n)),
);
const scores: Score[] = [];
let skipped = 0;
for (const conditions of set.filter(({ shape }) => only === undefined || shape === only)) {
  for (const validation of chosen) {
    const score = await validate(validation, conditions);
    if (score === undefined) skipped++;
    else scores.push(score);
  }
}
const good = scores.filter(({ wrong }) => wrong.length === 0).length;
const firsts = scores.filter(({ first, expected }) => expected.split('/').includes(first)).length;
const certain = scores.reduce((sum, score) => sum + score.certain, 0);
const certainWrong = scores.reduce((sum, { certainWrong: bad }) => sum + bad.length, 0);
say(`\n${confusion(scores)}\n`);
say(`first verdict right: ${firsts} of ${scores.length}`);
say(`right in everything: ${good} of ${scores.length}`);
say(`called certain: ${certain}, of which wrong: ${certainWrong}`);
if (skipped > 0) say(`not scored: ${skipped}`);
process.exitCode = good === scores.length ? 0 : 1;
