import type { Attempt, AttemptsBatch } from '../attempts/contract.ts';
import { ExitCode, UserError } from '../errors.ts';
import { limits } from '../limits.ts';
import { cell } from './cell.ts';
import { LineFile } from './line-file.ts';
import type { Output, OutputIo } from './output.ts';
import { Rfc3339 } from './rfc3339.ts';

const columns =
  'time,kind,method,name,status,cause,correlation_id,ids,vu,scenario,total_ms,message';

/**
 * `--ids failed=FILE.csv` and `--ids all=FILE.csv`: what the people who run the target ask for, a row for
 * each failed attempt or for each attempt. At most `limits.idRows` rows, and of failures those whose
 * records are kept; what has no row is told of. Throws a UserError (255) for any other argument.
 */
export function createIdsOutput(argument: string, io: OutputIo): Output {
  const [, which = '', path = ''] = /^(failed|all)=(.+)$/s.exec(argument) ?? [];
  if (path === '') {
    throw new UserError(
      ExitCode.usage,
      `--ids ${argument}: write --ids failed=FILE.csv for the attempts that failed, or --ids all=FILE.csv`,
    );
  }
  return new IdsOutput(path, which === 'all', io);
}

class IdsOutput implements Output {
  readonly wantsAttempts: boolean;
  readonly #all: boolean;
  readonly #path: string;
  readonly #file: LineFile;
  readonly #idHeaders: readonly string[];
  readonly #time = new Rfc3339();
  #rows = 0;
  /** Attempts that there should be a row for. */
  #due = 0;

  constructor(path: string, all: boolean, io: OutputIo) {
    this.wantsAttempts = all;
    this.#all = all;
    this.#path = path;
    this.#idHeaders = io.idHeaders;
    const header = `${columns}\n`;
    const queued = limits.outputQueuedAttempts;
    this.#file = new LineFile(
      { format: 'ids', items: 'attempts', path, header, intervalMs: 0, queued },
      io,
    );
  }

  start(): Promise<void> {
    return this.#file.start();
  }

  addAttempts({ counts, attempts }: AttemptsBatch): void {
    for (const { failed, count } of counts) if (failed || this.#all) this.#due += count;
    const chosen = attempts
      .filter(({ failed }) => failed || this.#all)
      .slice(0, limits.idRows - this.#rows);
    this.#rows += chosen.length;
    this.#file.push({
      length: chosen.length,
      lines: (from, to) =>
        chosen
          .slice(from, to)
          .map((attempt) => this.#row(attempt))
          .join(''),
    });
    this.#file.write();
  }

  #row(attempt: Attempt): string {
    const { start, total, kind, method, name, status, cause, ids = {}, vu, scenario } = attempt;
    const first = this.#idHeaders.find((header) => ids[header] !== undefined);
    const further = Object.entries(ids).filter(([header]) => header !== first);
    const cells = [
      this.#time.text(start),
      kind,
      method,
      name,
      String(status),
      cause,
      first === undefined ? '' : (ids[first] as string),
      further.map(([header, value]) => `${header}=${value}`).join(' '),
      String(vu),
      scenario,
      String(Math.round(total * 1_000) / 1_000),
      attempt.message,
    ];
    return `${cells.map(cell).join()}\n`;
  }

  stop(): Promise<void> {
    return this.#file.stop();
  }

  get problem(): string | undefined {
    const missing = this.#due - this.#rows;
    const parts = [this.#file.problem];
    if (missing > 0) {
      parts.push(
        `the ids in '${this.#path}' are those of ${this.#rows} of ${this.#due} attempts: ${missing} found no room`,
      );
    }
    const told = parts.filter((part) => part !== undefined);
    return told.length === 0 ? undefined : told.join('; ');
  }
}
