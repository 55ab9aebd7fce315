import type { AttemptsView } from '../attempts/attempt-book.ts';
import type { Attempt } from '../attempts/contract.ts';
import type { Diagnosis } from '../diagnosis/contract.ts';
import { limits } from '../limits.ts';
import type { LedgerView } from '../metrics/view.ts';
import type { ResultEnd } from './contract.ts';

interface EndParts {
  ledger: LedgerView;
  book: AttemptsView;
  /** Stats of trends that were asked for; the usual percentiles are there in any case. */
  trendStats: readonly string[];
  durationMs: number;
  exitCode: number;
  iterationsComplete: number;
  iterationsInterrupted: number;
  diagnosis: Diagnosis;
  caveats: readonly string[];
}

const stats = ['avg', 'min', 'med', 'max', 'p(75)', 'p(90)', 'p(95)', 'p(99)', 'p(99.9)', 'count'];

/** The last line of a result file: everything that is exact only at the end. */
export function resultEnd(parts: EndParts): ResultEnd {
  const { ledger, book, trendStats, ...facts } = parts;
  const wanted = [...new Set([...stats, ...trendStats])];
  return {
    kind: 'end',
    ...facts,
    metrics: ledger.metrics().map((view) => ({
      name: view.name,
      kind: view.metric.kind,
      contains: view.metric.contains,
      values: view.values(wanted),
      thresholds: view.thresholds.map(({ source, ok, actual }) => ({ source, ok, actual })),
    })),
    checks: ledger.checks(),
    groups: ledger.groups(),
    outcomes: book.counts(),
    attempts: someOf(book.attempts()),
  };
}

/** As many as there is room for: failures first, and of each kind evenly over the run. */
function someOf(attempts: readonly Attempt[]): Attempt[] {
  const most = limits.resultAttempts;
  if (attempts.length <= most) return [...attempts];
  const failed = attempts.filter((attempt) => attempt.failed);
  const good = attempts.filter((attempt) => !attempt.failed);
  const failures = evenly(failed, Math.max(most / 2, most - good.length));
  return [...failures, ...evenly(good, most - failures.length)].sort((a, b) => a.start - b.start);
}

function evenly<T>(items: readonly T[], most: number): T[] {
  if (items.length <= most) return [...items];
  // The first and the last are always there.
  return Array.from(
    { length: most },
    (_, i) => items[Math.round((i * (items.length - 1)) / (most - 1))] as T,
  );
}
