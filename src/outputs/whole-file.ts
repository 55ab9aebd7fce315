import { appendFileSync, existsSync, writeFileSync } from 'node:fs';
import { open, unlink } from 'node:fs/promises';
import { ExitCode, messageOf, UserError } from '../errors.ts';

/** A file that is written once, at the end of the run. */
export class WholeFile {
  readonly #format: string;
  readonly #path: string;
  readonly #append: boolean;
  #problem: string | undefined;

  constructor(format: string, path: string, append: boolean) {
    this.#format = format;
    this.#path = path;
    this.#append = append;
  }

  /** Throws a UserError (104) now when the file could not be written later. */
  async probe(): Promise<void> {
    try {
      const isNew = !existsSync(this.#path);
      await (await open(this.#path, 'a')).close();
      // A run that never begins leaves no empty file that would pass for a report.
      if (isNew) await unlink(this.#path);
    } catch (thrown) {
      throw new UserError(
        ExitCode.invalidConfig,
        `the ${this.#format} output cannot write to '${this.#path}': ${messageOf(thrown)}`,
        'name a file in a directory that exists and may be written to',
      );
    }
  }

  write(text: string): void {
    try {
      if (this.#append) appendFileSync(this.#path, text);
      else writeFileSync(this.#path, text);
    } catch (thrown) {
      this.#problem = `the ${this.#format} output is missing: '${this.#path}' cannot be written: ${messageOf(thrown)}`;
    }
  }

  get problem(): string | undefined {
    return this.#problem;
  }
}
