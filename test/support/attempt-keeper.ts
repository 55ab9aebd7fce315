import { AttemptLog } from '../../src/attempts/attempt-log.ts';
import { type Attempt, defaultIdHeaders } from '../../src/attempts/contract.ts';
import { OpenCounts } from '../../src/attempts/open-counts.ts';
import { monotonicClock } from '../../src/clock.ts';

/** A log that keeps every record, and the records so far. */
export function keepAttempts(): { log: AttemptLog; records: () => Attempt[] } {
  const log = new AttemptLog({
    source: 0,
    open: [OpenCounts.row()],
    shard: 0,
    seed: 1,
    idHeaders: new Set(defaultIdHeaders),
    keepAll: true,
    wall: (now) => monotonicClock.wall(now),
  });
  const kept: Attempt[] = [];
  return {
    log,
    records() {
      kept.push(...log.flush().attempts);
      return kept;
    },
  };
}
