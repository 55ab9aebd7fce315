/** Lets so many lines through and counts the rest: a script that logs in a loop must not drown the run. */
import type { Clock } from '../clock.ts';
import { limits } from '../limits.ts';
import type { LogLine } from '../log.ts';

/** Lines that compete with one another for room, and with no others. */
interface Lane {
  /** What the lines are called when some were dropped. */
  readonly noun: string;
  readonly perSecond: number;
  inSecond: number;
  bytes: number;
  dropped: number;
}

type LaneName = 'output' | 'exceptions' | 'own';

export class LogQuota {
  readonly #clock: Clock;
  readonly #send: (lines: readonly LogLine[]) => void;
  readonly #lanes: Readonly<Record<LaneName, Lane>> = {
    output: lane('log lines', limits.logLinesPerSecond),
    exceptions: lane('exceptions of the script', limits.logLinesPerSecond),
    own: lane("of vurun's own warnings and errors", limits.ownLogLinesPerSecond),
  };
  #waiting: LogLine[] = [];
  #second = -1;

  constructor(clock: Clock, send: (lines: readonly LogLine[]) => void) {
    this.#clock = clock;
    this.#send = send;
  }

  add(line: Omit<LogLine, 'time'>): void {
    const now = this.#clock.now();
    const second = Math.floor(now / 1_000);
    if (second !== this.#second) {
      this.#reportDropped(now);
      this.#second = second;
      for (const each of Object.values(this.#lanes)) each.inSecond = 0;
    }
    const message =
      line.message.length > limits.logLineBytes
        ? `${line.message.slice(0, limits.logLineBytes)}… (cut)`
        : line.message;
    const its = this.#lanes[laneOf(line)];
    if (its.inSecond >= its.perSecond || its.bytes + message.length > limits.logBytesPerRun) {
      its.dropped++;
      return;
    }
    its.inSecond++;
    its.bytes += message.length;
    this.#push({ ...line, message, time: this.#clock.wall(now) });
  }

  #push(line: LogLine): void {
    if (this.#waiting.length === 0) queueMicrotask(() => this.flush());
    this.#waiting.push(line);
  }

  #reportDropped(now: number): void {
    for (const each of Object.values(this.#lanes)) {
      if (each.dropped === 0) continue;
      const why =
        each.inSecond < each.perSecond
          ? `the run's quota of ${limits.logBytesPerRun / 1_048_576} MB is used up`
          : `at most ${each.perSecond} a second are shown`;
      this.#push({
        level: 'warning',
        time: this.#clock.wall(now),
        message: `${each.dropped} ${each.noun} were dropped: ${why}`,
      });
      each.dropped = 0;
    }
  }

  flush(): void {
    if (this.#waiting.length === 0) return;
    const lines = this.#waiting;
    this.#waiting = [];
    this.#send(lines);
  }

  /** The last words: also tells what was dropped in the current second. */
  close(): void {
    this.#reportDropped(this.#clock.now());
    this.flush();
  }
}

function lane(noun: string, perSecond: number): Lane {
  return { noun, perSecond, inSecond: 0, bytes: 0, dropped: 0 };
}

/**
 * Whatever comes with every request or iteration may flood, and must hide neither the script's
 * exceptions nor what vurun has to say of itself.
 */
function laneOf({ level, fields }: Omit<LogLine, 'time'>): LaneName {
  const source = fields?.['source'];
  if (source === 'script') return 'exceptions';
  // These two come with a request: one that failed, or one that was redirected too often.
  const isOfRequest = level === 'warning' && ('error' in (fields ?? {}) || 'url' in (fields ?? {}));
  return source !== undefined || isOfRequest ? 'output' : 'own';
}
