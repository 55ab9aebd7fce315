/** Reads what a script passed to one call; every refusal names the call, the parameter and what it takes. */
import { parseDuration } from '../duration.ts';
import { GuestError } from '../errors.ts';

export class Given {
  readonly #call: string;
  readonly #fields: Readonly<Record<string, unknown>>;

  /** `known` are the names of all parameters. Throws a `GuestError` (TypeError) for any other. */
  constructor(call: string, fields: unknown, known: readonly string[]) {
    this.#call = call;
    if (fields === undefined || fields === null) {
      this.#fields = {};
      return;
    }
    if (typeof fields !== 'object' || Array.isArray(fields)) {
      throw new GuestError(
        `${call}: the options must be an object, not ${shown(fields)}`,
        'TypeError',
      );
    }
    this.#fields = fields as Record<string, unknown>;
    for (const key of Object.keys(this.#fields)) {
      if (!known.includes(key)) {
        throw new GuestError(
          `${call}: unknown option '${key}'; there are ${known.join(', ')}`,
          'TypeError',
        );
      }
    }
  }

  value(key: string): unknown {
    return this.#fields[key];
  }

  /** Throws for a value that is given and wrong. */
  refuse(key: string, wanted: string): never {
    throw new GuestError(
      `${this.#call}: ${key} must be ${wanted}, not ${shown(this.#fields[key])}`,
      'TypeError',
    );
  }

  durationMs(key: string, otherwise: number, least = 0): number {
    const value = this.#fields[key];
    if (value === undefined) return otherwise;
    const ms = parseDuration(value);
    if (ms === undefined || ms < least || ms > 2 ** 31 - 1) {
      this.refuse(key, `a duration such as '500ms' or '30s'${least > 0 ? ' above 0' : ''}`);
    }
    return ms;
  }

  wholeNumber(key: string, otherwise: number, least: number, most: number): number {
    const value = this.#fields[key];
    if (value === undefined) return otherwise;
    if (!Number.isInteger(value) || (value as number) < least || (value as number) > most) {
      this.refuse(key, `a whole number from ${least} to ${most}`);
    }
    return value as number;
  }

  number(key: string, otherwise: number, least: number, most: number): number {
    const value = this.#fields[key];
    if (value === undefined) return otherwise;
    if (typeof value !== 'number' || !(value >= least && value <= most)) {
      this.refuse(key, `a number from ${least} to ${most}`);
    }
    return value;
  }

  boolean(key: string, otherwise: boolean): boolean {
    const value = this.#fields[key];
    if (value === undefined) return otherwise;
    if (typeof value !== 'boolean') this.refuse(key, 'true or false');
    return value;
  }

  oneOf<T extends string>(key: string, choices: readonly T[], otherwise: T): T {
    const value = this.#fields[key];
    if (value === undefined) return otherwise;
    if (!choices.includes(value as T)) {
      this.refuse(key, choices.map((choice) => `'${choice}'`).join(' or '));
    }
    return value as T;
  }

  text(key: string, most: number): string | undefined {
    const value = this.#fields[key];
    if (value === undefined) return undefined;
    if (typeof value !== 'string' || value === '' || value.length > most) {
      this.refuse(key, `text of 1 to ${most} characters`);
    }
    return value;
  }

  /** Text that has to be there. What is wrong with it is not shown: it may be a secret. */
  needed(key: string, most: number): string {
    const value = this.#fields[key];
    if (typeof value === 'string' && value !== '' && value.length <= most) return value;
    const found =
      value === undefined ? 'it is missing' : `it is ${value === '' ? 'empty' : typeof value}`;
    throw new GuestError(
      `${this.#call}: ${key} must be text of 1 to ${most} characters; ${found}`,
      'TypeError',
    );
  }

  textMap(key: string, most: number): Record<string, string> {
    const value = this.#fields[key];
    if (value === undefined) return {};
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      this.refuse(key, "an object of text such as { audience: 'api' }");
    }
    const entries = Object.entries(value);
    if (entries.length > most || entries.some(([, text]) => typeof text !== 'string')) {
      throw new GuestError(
        `${this.#call}: ${key} must be an object of at most ${most} texts`,
        'TypeError',
      );
    }
    return Object.fromEntries(entries as [string, string][]);
  }
}

export function shown(value: unknown): string {
  const text = value === undefined ? 'undefined' : JSON.stringify(value);
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
}
