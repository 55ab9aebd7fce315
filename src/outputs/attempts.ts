import type { AttemptsBatch } from '../attempts/contract.ts';
import { limits } from '../limits.ts';
import { LineFile } from './line-file.ts';
import type { Output, OutputIo } from './output.ts';

/**
 * `--out attempts=FILE`: the terminal record of every attempt, a JSON object a line, as
 * `src/attempts/contract.ts` describes it.
 */
export function createAttemptsOutput(argument: string, io: OutputIo): Output {
  return new AttemptsOutput(argument === '' ? 'attempts.ndjson' : argument, io);
}

class AttemptsOutput implements Output {
  readonly wantsAttempts = true;
  readonly #file: LineFile;

  constructor(path: string, io: OutputIo) {
    const queued = limits.outputQueuedAttempts;
    this.#file = new LineFile(
      { format: 'attempts', items: 'attempts', path, header: '', intervalMs: 0, queued },
      io,
    );
  }

  start(): Promise<void> {
    return this.#file.start();
  }

  addAttempts({ attempts }: AttemptsBatch): void {
    this.#file.push({
      length: attempts.length,
      lines: (from, to) =>
        attempts
          .slice(from, to)
          .map((attempt) => `${JSON.stringify(attempt)}\n`)
          .join(''),
    });
    this.#file.write();
  }

  stop(): Promise<void> {
    return this.#file.stop();
  }

  get problem(): string | undefined {
    return this.#file.problem;
  }
}
