/** One value of the configuration, knowing its name and where it came from, and how to read it. */
import { formatDuration, parseDuration } from '../duration.ts';
import { didYouMean } from './nearest.ts';
import { parseSize } from './size.ts';

export interface Field {
  value: unknown;
  /** `scenarios.login.stages[1].duration` */
  path: string;
  /** `script`, `config file NAME`, `environment VURUN_X` or `flag --x`. */
  source: string;
}

/** Everything wrong with a configuration, to be said at once. */
export class Problems {
  readonly lines: string[] = [];

  add(field: Pick<Field, 'path' | 'source'>, text: string): void {
    const line = `${field.path} (${field.source}): ${text}`;
    // A shortcut may fill two fields of a scenario, and would be complained about twice.
    if (!this.lines.includes(line)) this.lines.push(line);
  }
}

/** Reads a value; undefined when it is wrong, which the reader has then told to `problems`. */
export type Reader<T> = (field: Field, problems: Problems) => T | undefined;

/** A value as messages show it. */
export function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}

export function child(field: Field, key: string | number): Field {
  const value = (field.value as Record<string | number, unknown>)[key];
  const path =
    typeof key === 'number'
      ? `${field.path}[${key}]`
      : /^[\w-]+$/.test(key)
        ? `${field.path}.${key}`
        : `${field.path}[${JSON.stringify(key)}]`;
  return { value, path, source: field.source };
}

/** Entries of an object whose values are not null: JSON's null means "not set". */
export function setKeys(value: object): string[] {
  return Object.keys(value).filter((key) => isSet((value as Record<string, unknown>)[key]));
}

export function isSet(value: unknown): boolean {
  return value !== undefined && value !== null;
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Tells about every key of an object that is not in `known`. */
export function refuseUnknown(field: Field, known: readonly string[], problems: Problems): void {
  for (const key of setKeys(field.value as object)) {
    if (known.includes(key)) continue;
    problems.add(
      child(field, key),
      `unknown field "${key}"${didYouMean(key, known)}; it can have ${known.join(', ')}`,
    );
  }
}

/** A whole number; text of digits will do, since it is what an environment holds. */
export function integer(min?: number, max?: number): Reader<number> {
  return (field, problems) => {
    const { value } = field;
    const isDigits = typeof value === 'string' && /^\s*[+-]?\d+\s*$/.test(value);
    const number = isDigits ? Number(value) : value;
    if (typeof number !== 'number' || !Number.isSafeInteger(number)) {
      problems.add(field, `must be a whole number, not ${shown(value)}`);
      return undefined;
    }
    if (min !== undefined && number < min) {
      problems.add(field, `must be at least ${min}, but is ${number}`);
      return undefined;
    }
    if (max !== undefined && number > max) {
      problems.add(field, `must be at most ${max}, but is ${number}`);
      return undefined;
    }
    return number;
  };
}

export const boolean: Reader<boolean> = (field, problems) => {
  if (typeof field.value === 'boolean') return field.value;
  problems.add(field, `must be true or false, not ${shown(field.value)}`);
  return undefined;
};

export const text: Reader<string> = (field, problems) => {
  if (typeof field.value === 'string') return field.value;
  const hint = typeof field.value === 'number' ? `; write '${field.value}'` : '';
  problems.add(field, `must be text, not ${shown(field.value)}${hint}`);
  return undefined;
};

/** One of a few words; `message` makes the complaint about any other. */
export function oneOf<const T extends string>(
  values: readonly T[],
  message?: (value: string) => string,
): Reader<T> {
  return (field, problems) => {
    const value = text(field, problems);
    if (value === undefined || values.includes(value as T)) return value as T | undefined;
    const choices = values.map((v) => `'${v}'`).join(', ');
    problems.add(field, message?.(value) ?? `must be one of ${choices}, not ${shown(value)}`);
    return undefined;
  };
}

/** Milliseconds. */
export const duration: Reader<number> = (field, problems) => {
  const ms = parseDuration(field.value);
  if (ms !== undefined && Math.abs(ms) <= Number.MAX_SAFE_INTEGER) return ms;
  problems.add(
    field,
    `${shown(field.value)} is not a duration; write for example '30s', '1m30s' or '500ms'`,
  );
  return undefined;
};

/** Milliseconds more than 0; `name` is what the message calls it. */
export function positiveDuration(name: string): Reader<number> {
  return (field, problems) => {
    const ms = duration(field, problems);
    if (ms === undefined || ms > 0) return ms;
    problems.add(field, `${name} must be positive, but is ${formatDuration(ms)}; write '60s'`);
    return undefined;
  };
}

/** Bytes between two bounds; `example` is what a user might write. */
export function size(min: number, max: number, example: string): Reader<number> {
  return (field, problems) => {
    const bytes = parseSize(field.value);
    if (bytes === undefined) {
      problems.add(field, `${shown(field.value)} is not a size; write for example '${example}'`);
    } else if (bytes < min || bytes > max) {
      problems.add(field, `must be between ${min} and ${max} bytes, but is ${bytes}`);
    } else {
      return bytes;
    }
    return undefined;
  };
}

export function list<T>(item: Reader<T>, most: number, example: string): Reader<T[]> {
  return (field, problems) => {
    const { value } = field;
    if (!Array.isArray(value)) {
      problems.add(field, `must be a list such as ${example}, not ${shown(value)}`);
      return undefined;
    }
    if (value.length > most) {
      problems.add(field, `has ${value.length} entries, and ${most} is the most`);
      return undefined;
    }
    const out = value.map((_, index) => item(child(field, index), problems));
    return out.includes(undefined) ? undefined : (out as T[]);
  };
}

/** An object whose values are all text. */
export function textMap(example: string, most: number): Reader<Record<string, string>> {
  return (field, problems) => {
    if (!isObject(field.value)) {
      problems.add(field, `must be an object such as ${example}, not ${shown(field.value)}`);
      return undefined;
    }
    const keys = setKeys(field.value);
    if (keys.length > most) {
      problems.add(field, `has ${keys.length} entries, and ${most} is the most`);
      return undefined;
    }
    const pairs = keys.map((key) => [key, text(child(field, key), problems)] as const);
    return pairs.some(([, value]) => value === undefined)
      ? undefined
      : (Object.fromEntries(pairs) as Record<string, string>);
  };
}
