/** Lets so many lines through and counts the rest: a script that logs in a loop must not drown the run. */
import type { Clock } from '../clock.ts';
import { limits } from '../limits.ts';
import type { LogLine } from '../log.ts';

export class LogQuota {
  readonly #clock: Clock;
  readonly #send: (lines: readonly LogLine[]) => void;
  #waiting: LogLine[] = [];
  #second = -1;
  #inSecond = 0;
  #bytes = 0;
  #dropped = 0;

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
      this.#inSecond = 0;
    }
    const message =
      line.message.length > limits.logLineBytes
        ? `${line.message.slice(0, limits.logLineBytes)}… (cut)`
        : line.message;
    if (
      this.#inSecond >= limits.logLinesPerSecond ||
      this.#bytes + message.length > limits.logBytesPerRun
    ) {
      this.#dropped++;
      return;
    }
    this.#inSecond++;
    this.#bytes += message.length;
    if (this.#waiting.length === 0) queueMicrotask(() => this.flush());
    this.#waiting.push({ ...line, message, time: this.#clock.wall(now) });
  }

  #reportDropped(now: number): void {
    if (this.#dropped === 0) return;
    const count = this.#dropped;
    this.#dropped = 0;
    const why =
      this.#bytes >= limits.logBytesPerRun
        ? `the run's quota of ${limits.logBytesPerRun / 1_048_576} MB is used up`
        : `at most ${limits.logLinesPerSecond} a second are shown`;
    this.#waiting.push({
      level: 'warning',
      time: this.#clock.wall(now),
      message: `${count} log lines were dropped: ${why}`,
    });
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
