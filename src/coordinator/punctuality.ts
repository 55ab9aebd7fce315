/** What is to be said of a run whose iterations did not start as scheduled, and whose doing it was. */
import type { Schedule } from '../diagnosis/contract.ts';
import { limits } from '../limits.ts';
import type { LedgerView } from '../metrics/view.ts';
import { formatTime } from '../report/units.ts';

/** The same as numbers, for the diagnosis. */
export function scheduleOf(ledger: LedgerView): Schedule {
  const lateness = ledger.metric('iteration_lateness');
  const late = lateness === undefined || lateness.empty ? {} : lateness.values(['p(99)']);
  return {
    offered: sumOf(ledger, 'iterations_offered'),
    droppedNoVu: sumOf(ledger, 'dropped_iterations', 'no_free_vu'),
    droppedBehind: sumOf(ledger, 'dropped_iterations', 'generator_behind'),
    latenessP99: late['p(99)'] ?? 0,
  };
}

function sumOf(ledger: LedgerView, name: string, reason?: string): number {
  return ledger
    .series(name)
    .filter(({ tags }) => reason === undefined || tags['reason'] === reason)
    .reduce((all, one) => all + one.sum, 0);
}

/** Sentences for the summary; none when every iteration of the open models started in time. */
export function punctualityCaveats(ledger: LedgerView): string[] {
  const sum = (name: string, reason?: string): number => sumOf(ledger, name, reason);
  const offered = sum('iterations_offered');
  if (offered === 0) return [];
  const said: string[] = [];
  const noVu = sum('dropped_iterations', 'no_free_vu');
  if (noVu > 0) {
    said.push(
      `${noVu} of ${offered} iterations that were due were dropped because no VU was free (maxVUs): the target held the VUs too long, or maxVUs is too small for rate x iteration_duration`,
    );
  }
  const behind = sum('dropped_iterations', 'generator_behind');
  if (behind > 0) {
    said.push(
      `${behind} of ${offered} iterations that were due were dropped because the generator was behind, not the target: the load was lower than asked for`,
    );
  }
  const lateness = ledger.metric('iteration_lateness');
  // Of fewer than some hundreds the 99th percentile is a hiccup or two.
  const stat = (lateness?.count ?? 0) < 100 * limits.lateLeast ? 'p(90)' : 'p(99)';
  const { [stat]: late = 0, max = 0 } =
    lateness === undefined || lateness.empty ? {} : lateness.values([stat, 'max']);
  if (late > limits.lateMs) {
    said.push(
      `iterations started late: ${stat} ${formatTime(late)}, at most ${formatTime(max)} after their instants. This is the generator's own doing and is in no latency of the target`,
    );
  }
  return said;
}
