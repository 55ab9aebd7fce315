/** What a rule is: a pure function from the facts of a run to what it thinks happened. */
import type { Party, RuleName, Subject } from './contract.ts';
import type { Facts, Seen } from './facts.ts';
import { least } from './statistics.ts';

export interface Finding {
  rule: RuleName;
  subject: Subject;
  party: Party;
  title: string;
  /** Before the gate has its say. */
  confidence: number;
  evidence: string[];
  ruledOut: string[];
  next: string;
  /** Second of the run of the first sign. */
  onset: number;
  /** The failures it accounts for. */
  explains: readonly Seen[];
  /**
   * `cause`: failures belong to one such finding only. `beside`: it says something else about failures
   * that have a cause already, or about a run without any. `warning`: nothing went wrong by it.
   */
  rank: 'cause' | 'beside' | 'warning';
}

export type Rule = (facts: Facts) => Finding[];

/** `12.3 s`, `450 ms`: seconds for people. */
export function time(seconds: number): string {
  if (!Number.isFinite(seconds)) return 'never';
  if (seconds < 1) return `${Math.round(seconds * 1_000)} ms`;
  return seconds < 100 ? `${seconds.toFixed(1)} s` : `${Math.round(seconds)} s`;
}

export function percent(share: number): string {
  return `${(share * 100).toFixed(share > 0 && share < 0.1 ? 1 : 0)} %`;
}

/** `1 request`, `3 requests` */
export function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

/** The names of attempts, the most frequent first, a few of them. */
export function namesOf(seen: readonly Seen[], most = 3): string {
  const counts = new Map<string, number>();
  for (const { name, weight } of seen) {
    counts.set(name, (counts.get(name) ?? 0) + weight);
  }
  const names = [...counts].sort((a, b) => b[1] - a[1]).map(([name]) => name);
  const rest = names.length - most;
  return names.slice(0, most).join(', ') + (rest > 0 ? ` and ${rest} more` : '');
}

/** `429 × 200, 503 × 3`: how often each answer came. */
export function answersOf(seen: readonly Seen[]): string {
  const counts = new Map<string, number>();
  for (const { attempt, weight } of seen) {
    const what =
      attempt.status > 0 && attempt.status !== 101 ? String(attempt.status) : attempt.cause;
    counts.set(what, (counts.get(what) ?? 0) + weight);
  }
  return [...counts]
    .sort((a, b) => b[1] - a[1])
    .map(([what, count]) => `${what} × ${Math.round(count)}`)
    .join(', ');
}

export function startOf(seen: readonly Seen[]): number {
  return least(seen.map(({ end }) => end));
}
