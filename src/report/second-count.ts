/**
 * What the other side counted, held against what we did. Only the simulator can be asked, and there
 * it answers the question every load tool owes its user: are these numbers true?
 */
import type { LedgerView } from '../metrics/view.ts';
import type { Palette } from './palette.ts';

/** The part of the simulator's state that can be compared. */
export interface SecondCount {
  requests: readonly { path: string; status: string; count: number }[];
  /** Questions about the simulator itself, by status: a script may ask them like any other URL. */
  admin: Readonly<Record<string, number>>;
  upgrades: Readonly<Record<string, number>>;
  messages: { received: number; sent: number };
}

interface Pair {
  what: string;
  here: number;
  there: number;
}

/** The counts of both sides by status, ours and the simulator's. */
export function comparedCounts(ledger: LedgerView, other: SecondCount): Pair[] {
  const requests = new Map<string, Pair>();
  const upgrades = new Map<string, Pair>();
  const add = (
    pairs: Map<string, Pair>,
    what: string,
    side: 'here' | 'there',
    count: number,
  ): void => {
    const pair = pairs.get(what) ?? { what, here: 0, there: 0 };
    pair[side] += count;
    pairs.set(what, pair);
  };
  for (const { tags, sum } of ledger.series('http_reqs')) {
    add(requests, `requests answered ${answer(tags['status'])}`, 'here', sum);
  }
  for (const { status, count } of other.requests) {
    add(requests, `requests answered ${answer(status)}`, 'there', count);
  }
  for (const [status, count] of Object.entries(other.admin)) {
    add(requests, `requests answered ${answer(status)}`, 'there', count);
  }
  for (const { tags, sum } of ledger.series('ws_sessions')) {
    add(upgrades, `upgrades answered ${answer(tags['status'])}`, 'here', sum);
  }
  for (const [status, count] of Object.entries(other.upgrades)) {
    add(upgrades, `upgrades answered ${answer(status)}`, 'there', count);
  }
  const total = (name: string): number => {
    const view = ledger.metric(name);
    return view === undefined || view.empty ? 0 : (view.values([])['count'] ?? 0);
  };
  const { received, sent } = other.messages;
  return [
    ...[...requests.values()].sort((a, b) => a.what.localeCompare(b.what)),
    ...[...upgrades.values()].sort((a, b) => a.what.localeCompare(b.what)),
    { what: 'messages sent to it', here: total('ws_msgs_sent'), there: received },
    { what: 'messages received from it', here: total('ws_msgs_received'), there: sent },
  ].filter(({ here, there }) => here > 0 || there > 0);
}

/** Status 0 here and a connection cut or left there are the same thing: no answer. */
function answer(status: string | undefined): string {
  return status === undefined || ['', '0', 'none', 'aborted'].includes(status)
    ? 'not at all'
    : status;
}

/** The block below the summary. */
export function secondCountText(ledger: LedgerView, other: SecondCount, palette: Palette): string {
  const pairs = comparedCounts(ledger, other);
  const width = Math.max(...pairs.map(({ what }) => what.length), 0);
  const digits = Math.max(
    ...pairs.flatMap((p) => [p.here, p.there]).map((n) => String(n).length),
    0,
  );
  const lines = pairs.map(({ what, here, there }) => {
    const same = here === there;
    const mark = same ? palette.green('✓') : palette.red('✗');
    const theirs = same ? `= ${there}` : palette.red(`≠ ${there}`);
    return `    ${mark} ${`${what}:`.padEnd(width + 1)} ${String(here).padStart(digits)} ${theirs}`;
  });
  return [
    `  ${palette.bold('█ COUNTED TWICE')} ${palette.dim('by vurun = by the simulator')}`,
    '',
    ...lines,
    '',
    '',
  ].join('\n');
}
