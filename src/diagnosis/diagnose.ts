import { causes } from '../attempts/cause.ts';
import { accessRules } from './access-rules.ts';
import { capacityRules } from './capacity-rules.ts';
import type {
  ConfidenceWord,
  Diagnosis,
  DiagnosisInput,
  Gate,
  Party,
  Unexplained,
  Verdict,
} from './contract.ts';
import type { Seen } from './facts.ts';
import { Facts, weigh } from './facts.ts';
import { gateOf } from './gate.ts';
import { generatorRules } from './generator-rules.ts';
import { rateRules } from './rate-rules.ts';
import type { Finding } from './rule.ts';
import { sessionRules } from './session-rules.ts';

/**
 * What happened in a run, and whose doing it was. Rules look at the same facts and know nothing of each
 * other; here it is decided which of them takes a failure that several could explain, and how sure to
 * be. Costs one pass over the records that were kept, after the run.
 */
export function diagnose(input: DiagnosisInput): Diagnosis {
  const facts = new Facts(input);
  const gate = gateOf(facts);
  // In the order of precedence: what is wrong here, what could never work, what the target says itself,
  // what can be worked out, what remains.
  const findings = [
    ...generatorRules,
    ...accessRules,
    ...rateRules,
    ...capacityRules,
    ...sessionRules,
  ]
    .flatMap((rule) => rule(facts))
    .map((finding) => ({ finding, owned: [] as Seen[] }));

  const ownerOf = new Map<Seen, Finding>();
  for (const one of findings) {
    for (const seen of one.finding.explains) {
      if (!seen.failed) continue;
      if (one.finding.rank === 'cause') {
        if (ownerOf.has(seen)) continue;
        ownerOf.set(seen, one.finding);
      }
      one.owned.push(seen);
    }
  }
  // What explains nothing that is not explained already has nothing to say.
  const speaking = findings.filter(({ finding, owned }) => {
    // Times that a sick generator took say nothing of anybody else.
    const ofTimes = finding.rank === 'beside' && finding.explains.length === 0;
    if (ofTimes && !gate.healthy && blamesOther(finding)) return false;
    if (finding.rank !== 'cause') return true;
    return owned.length > 0 || finding.explains.every(({ failed }) => !failed);
  });
  // Timeouts told of beside a cause explain what has no other.
  for (const { finding, owned } of speaking) {
    if (finding.rank !== 'beside') continue;
    for (const seen of owned) if (!ownerOf.has(seen)) ownerOf.set(seen, finding);
  }

  const told = speaking
    .filter(({ finding, owned }) => finding.rule !== 'C4' || owned.length >= 5)
    .map(({ finding, owned }) => ({
      isWarning: finding.rank === 'warning',
      verdict: verdictOf(finding, owned, gate, facts),
    }));
  const major = told
    .flatMap(({ isWarning, verdict }) => (isWarning ? [] : verdict))
    .sort((a, b) => weight(b) - weight(a));
  const warnings = told.flatMap(({ isWarning, verdict }) => (isWarning ? verdict : []));
  const failures = weigh(facts.failures);
  const explained = weigh(facts.failures.filter((seen) => ownerOf.has(seen)));
  return {
    version: 1,
    gate,
    verdicts: major.slice(0, 3),
    further: [...major.slice(3), ...warnings],
    failures,
    explained,
    unexplained: unexplained(facts.failures.filter((seen) => !ownerOf.has(seen))),
  };
}

/** What is wrong with the generator comes first; then what explains most; then who is surest. */
function weight({ party, rule, failures, confidence }: Verdict): number {
  return (party === 'generator' && rule !== 'G0' ? 1e12 : 0) + failures * 10 + confidence;
}

const others: readonly Party[] = ['target', 'network', 'unknown'];

function blamesOther({ party }: Finding): boolean {
  return others.includes(party);
}

function verdictOf(finding: Finding, owned: readonly Seen[], gate: Gate, facts: Facts): Verdict {
  // A target is not accused on the word of a sick witness. What it says itself it says all the same.
  const doubted = !gate.healthy && blamesOther(finding) && finding.rule !== 'R1';
  const confidence = finding.confidence * (doubted ? 0.5 : 1);
  const { explains } = finding;
  return {
    rule: finding.rule,
    subject: finding.subject,
    party: finding.party,
    title: finding.title,
    confidence,
    word: wordFor(confidence),
    evidence: finding.evidence,
    ruledOut: doubted
      ? [...finding.ruledOut, 'the generator could not be ruled out: it was not healthy']
      : finding.ruledOut,
    next: finding.next,
    since: Number.isFinite(finding.onset) ? facts.wall(finding.onset) : facts.origin,
    failures: weigh(owned),
    ids: idsOf(explains, facts.input.idHeaders),
  };
}

export function wordFor(confidence: number): ConfidenceWord {
  if (confidence >= 0.9) return 'certain';
  if (confidence >= 0.7) return 'likely';
  return confidence >= 0.5 ? 'possible' : 'cannot tell';
}

const mostIds = 20;

/** Ids of the first and the last of them. */
function idsOf(seen: readonly Seen[], headers: readonly string[]): string[] {
  const ids = seen.flatMap(({ attempt }) => {
    const found = headers.map((name) => attempt.ids?.[name]).find((id) => id !== undefined);
    return found ?? Object.values(attempt.ids ?? {})[0] ?? [];
  });
  if (ids.length <= mostIds) return ids;
  return [...ids.slice(0, mostIds / 2), ...ids.slice(-mostIds / 2)];
}

function unexplained(seen: readonly Seen[]): Unexplained[] {
  const counts = new Map<string, number>();
  for (const { attempt, name, weight: stands } of seen) {
    const { kind, status, cause, ws } = attempt;
    const how =
      status > 0 && status !== 101
        ? String(status)
        : cause === 'closed-by-peer'
          ? `${causes[cause].words} (${ws?.closeCode})`
          : causes[cause].words;
    const what = `${kind === 'ws' ? 'WS' : attempt.method} ${name}: ${how}`;
    counts.set(what, (counts.get(what) ?? 0) + stands);
  }
  return [...counts]
    .map(([what, count]) => ({ what, count: Math.round(count) }))
    .sort((a, b) => b.count - a.count);
}
