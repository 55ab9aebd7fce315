/** One load at two paces: whether a limit is of how many at once, or of how many in a while. */
import type { DiagnosisInput } from './contract.ts';
import { Facts, weigh } from './facts.ts';
import { plateauOf, refusals } from './plateau.ts';
import { plural } from './rule.ts';

/** What one run met. */
export interface Limit {
  refused: number;
  accepted: number;
  /** Sessions held when the first few were refused; undefined when nobody was. */
  level: number | undefined;
  /** The target itself spoke of a rate. */
  told: boolean;
}

export function limitOf(input: DiagnosisInput): Limit {
  const facts = new Facts(input);
  const refused = refusals(facts);
  const told = facts.all.filter(({ limited, token }) => limited && !token);
  const early = [...refused].sort((a, b) => a.start - b.start).slice(0, 20);
  return {
    refused: weigh(refused),
    accepted: weigh(facts.ws.filter(({ attempt }) => attempt.status === 101)),
    level: early.length === 0 ? undefined : plateauOf(facts, early).level,
    told: told.length > 0,
  };
}

export type Nature = 'none' | 'told' | 'capacity' | 'rate' | 'unclear';

export interface Discrimination {
  nature: Nature;
  sentence: string;
}

/** What the slower run says about the limit the first one met. */
export function discriminate(first: Limit, slower: Limit, factor: number): Discrimination {
  if (first.told) {
    return {
      nature: 'told',
      sentence:
        'It is a rate limit: the target says so itself (429). There is nothing to tell apart.',
    };
  }
  if (first.level === undefined) {
    return {
      nature: 'none',
      sentence: 'Nothing was refused at the first pace: there is no limit to look at.',
    };
  }
  if (slower.level === undefined) {
    return {
      nature: 'rate',
      sentence: `It is a rate: ${plural(first.refused, 'session')} were refused at the first pace with ${first.level} open, and none at ${factor} times the ramp, with as many in the end.`,
    };
  }
  const slack = Math.max(2, 0.05 * first.level);
  const moved = slower.level - first.level;
  if (Math.abs(moved) <= slack) {
    return {
      nature: 'capacity',
      sentence: `It is a limit of sessions at once, about ${first.level}: refusals began with ${first.level} open at the first pace and with ${slower.level} at ${factor} times the ramp.`,
    };
  }
  if (moved > 3 * slack) {
    return {
      nature: 'rate',
      sentence: `It is a rate: refusals began with ${first.level} open at the first pace and only with ${slower.level} at ${factor} times the ramp.`,
    };
  }
  return {
    nature: 'unclear',
    sentence: `This does not tell: refusals began with ${first.level} open at the first pace and with ${slower.level} at ${factor} times the ramp.`,
  };
}
