/** Holds a diagnosis against the ledger’s truth. */
import type { Diagnosis, RuleName, Verdict } from '../../src/diagnosis/contract.ts';
import type { Validation } from './plan.ts';
import type { Run } from './run.ts';

export interface Score {
  /** Whether the fault came about, by the ledger. */
  happened: boolean;
  /** The rule of the first verdict that is more than a warning. */
  first: RuleName | 'none';
  expected: string;
  /** What is wrong with the diagnosis; empty when it is right. */
  wrong: readonly string[];
  /** Verdicts that were called certain, and those of them that are wrong. */
  certain: number;
  certainWrong: readonly string[];
  /** Verdicts besides the right ones, none of them certain. */
  extra: readonly string[];
  /** The generator was not healthy though nobody hurt it: the run says nothing. */
  disturbed: string | undefined;
}

export function scoreOf(validation: Validation, { diagnosis, decisions }: Run): Score {
  const { faults, right, also = [], needs = [], generator } = validation;
  // What the platform does not decide (slowness, faults of ours) has no line in its ledger.
  const inLedger = faults.filter((fault) => fault.includes(':'));
  const happened =
    inLedger.length === 0
      ? faults.length > 0
      : inLedger.some((fault) => (decisions[fault] ?? 0) > 0);
  const expected: readonly string[] = happened ? right : ['none'];
  const wrong: string[] = [];
  const { verdicts, further, gate } = diagnosis;
  const first = verdicts[0]?.rule ?? 'none';
  if (!expected.includes(first)) wrong.push(`first ${first}, not ${expected.join('/')}`);
  const allowed = new Set<string>([...expected, ...(happened ? [...also, ...needs] : [])]);
  const said = [...verdicts, ...further];
  if (happened) {
    for (const rule of needs) {
      if (!said.some((one) => one.rule === rule)) wrong.push(`${rule} is missing`);
    }
  }
  for (const verdict of said) {
    const { party, rule, word } = verdict;
    if (generator && party === 'target' && word !== 'cannot tell') {
      wrong.push(`${rule} blames the platform (${word})`);
    }
    if (!generator && party === 'generator') wrong.push(`${rule} blames the generator (${word})`);
  }
  if (expected[0] === 'none' && expected.length === 1 && diagnosis.failures > 0) {
    wrong.push(`${diagnosis.failures} failures`);
  }
  const sure = said.filter(({ word }) => word === 'certain');
  return {
    happened,
    first,
    expected: expected.join('/'),
    wrong,
    certain: sure.length,
    certainWrong: sure.filter(({ rule }) => !allowed.has(rule)).map(({ rule }) => rule),
    extra: said.filter(({ rule }) => !allowed.has(rule)).map(({ rule }) => rule),
    disturbed: generator || gate.healthy ? undefined : gate.problems.join('; '),
  };
}

/** One line for people: what was said. */
export function briefly({ verdicts, further, failures, explained }: Diagnosis): string {
  const one = ({ rule, confidence, failures: count }: Verdict): string =>
    `${rule} ${confidence.toFixed(2)}${count > 0 ? `×${count}` : ''}`;
  const rest = further.length > 0 ? ` (+ ${further.map(one).join(', ')})` : '';
  return `${verdicts.map(one).join(', ') || 'silent'}${rest}; ${explained}/${failures} explained`;
}

/** Rows are what was right, columns what was said first. */
export function confusion(scores: readonly Score[]): string {
  const columns = [...new Set(scores.map(({ first }) => first))].sort();
  const rows = [...new Set(scores.map(({ expected }) => expected))].sort();
  const width = Math.max(...rows.map((row) => row.length), 5);
  const head = `${'truth'.padEnd(width)} | ${columns.map((one) => one.padStart(4)).join(' ')}`;
  const lines = rows.map((row) => {
    const cells = columns.map((column) => {
      const count = scores.filter((s) => s.expected === row && s.first === column).length;
      return (count === 0 ? '·' : String(count)).padStart(4);
    });
    return `${row.padEnd(width)} | ${cells.join(' ')}`;
  });
  return [head, '-'.repeat(head.length), ...lines].join('\n');
}
