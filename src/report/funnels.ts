import type { LedgerView } from '../metrics/view.ts';
import { wrap } from './line.ts';
import type { Palette } from './palette.ts';
import { printable } from './printable.ts';
import { formatNumber, formatShare } from './units.ts';

/** How far the sessions of one name came. */
export interface Funnel {
  session: string;
  started: number;
  /** Those that most came through first. */
  stages: { name: string; count: number }[];
  completed: number;
  failed: number;
}

/** The sessions of `vurun/session` by name, in the order in which they were first seen. */
export function funnels(ledger: LedgerView): Funnel[] {
  // A script may have a metric called sessions without knowing of ours.
  if (ledger.metric('session_failed') === undefined) return [];
  const byName = new Map<string, Funnel>();
  const funnel = (session: string): Funnel => {
    let known = byName.get(session);
    if (known === undefined) {
      known = { session, started: 0, stages: [], completed: 0, failed: 0 };
      byName.set(session, known);
    }
    return known;
  };
  for (const { tags, sum } of ledger.series('sessions')) {
    if (tags['session'] !== undefined) funnel(tags['session']).started += sum;
  }
  for (const { tags, sum, count } of ledger.series('session_failed')) {
    if (tags['session'] === undefined) continue;
    funnel(tags['session']).failed += sum;
    funnel(tags['session']).completed += count - sum;
  }
  for (const { tags, sum } of ledger.series('session_stages')) {
    const { session, stage } = tags;
    if (session === undefined || stage === undefined) continue;
    const { stages } = funnel(session);
    const known = stages.find(({ name }) => name === stage);
    if (known === undefined) stages.push({ name: stage, count: sum });
    else known.count += sum;
  }
  for (const { stages } of byName.values()) stages.sort((a, b) => b.count - a.count);
  return [...byName.values()];
}

/** Each funnel as one line or more: started → stage (share of the started) → completed, and who was lost. */
export function funnelLines(
  ledger: LedgerView,
  palette: Palette,
  columns: number | undefined,
): string[] {
  const all = funnels(ledger);
  const width = Math.max(0, ...all.map(({ session }) => printable(session).length));
  return all.flatMap(({ session, started, stages, completed, failed }) => {
    const share = (count: number): string =>
      palette.dim(`(${started > 0 ? formatShare(count / started) : '-'})`);
    const lost = started - completed - failed;
    const pieces = [
      printable(session).padEnd(width),
      ` ${formatNumber(started)} started`,
      ...stages.map(
        ({ name, count }) => `→ ${formatNumber(count)} ${printable(name)} ${share(count)}`,
      ),
      `→ ${palette.green(`${formatNumber(completed)} completed`)} ${share(completed)}`,
      ...(failed > 0 ? [`· ${palette.red(`${formatNumber(failed)} failed`)}`] : []),
      ...(lost > 0 ? [`· ${formatNumber(lost)} cut off`] : []),
    ];
    return wrap(pieces, columns, width + 3);
  });
}
