import { parseDuration } from '../duration.ts';

/**
 * One thing about the simulator that can be set. `read` turns what somebody wrote into a value, or
 * adds a sentence to `problems` and returns the current value.
 */
export interface Knob<T> {
  readonly fallback: T;
  read(given: unknown, current: T, path: string, problems: string[]): T;
}

export type ValueOf<K> = K extends Knob<infer T> ? T : never;

/** How a live connection ends: politely with a code, by FIN, by RST, or by falling silent. */
export type Ending = 'fin' | 'rst' | 'silent' | `close:${number}`;

interface Range {
  min?: number;
  max?: number;
}

/** A number in a range; the bounds belong to it. */
export function number(fallback: number, range: Range = {}): Knob<number> {
  return numeric(fallback, range, 'a number', Number.isFinite, Number);
}

/** A whole number, from 0 unless told otherwise. */
export function integer(fallback: number, range: Range = {}): Knob<number> {
  return numeric(fallback, { min: 0, ...range }, 'a whole number', Number.isSafeInteger, Number);
}

/** Milliseconds, or a text such as `30s`. Node's timers end at 2^31 - 1. */
export function duration(fallback: number, range: Range = {}): Knob<number> {
  const bounds = { min: 0, max: 2 ** 31 - 1, ...range };
  return numeric(
    fallback,
    bounds,
    "milliseconds or a duration such as '30s'",
    Number.isFinite,
    (v) => parseDuration(v),
  );
}

function numeric(
  fallback: number,
  { min = -Infinity, max = Infinity }: Range,
  noun: string,
  isRight: (value: number) => boolean,
  convert: (given: unknown) => number | undefined,
): Knob<number> {
  const range = Number.isFinite(max)
    ? ` from ${min} to ${max}`
    : Number.isFinite(min)
      ? `, at least ${min}`
      : '';
  return {
    fallback,
    read(given, current, path, problems) {
      const written =
        typeof given === 'number' || (typeof given === 'string' && given.trim() !== '');
      const value = written ? convert(given) : undefined;
      if (value !== undefined && isRight(value) && value >= min && value <= max) return value;
      problems.push(`${path}: ${JSON.stringify(given)} is not ${noun}${range}`);
      return current;
    },
  };
}

export function choice<const T extends string>(fallback: T, values: readonly T[]): Knob<T> {
  return {
    fallback,
    read(given, current, path, problems) {
      const found = values.find((value) => value === String(given));
      if (found !== undefined) return found;
      problems.push(`${path}: ${JSON.stringify(given)} is none of ${values.join(', ')}`);
      return current;
    },
  };
}

export function flag(fallback: boolean): Knob<boolean> {
  return {
    fallback,
    read(given, current, path, problems) {
      if (given === true || given === 'true') return true;
      if (given === false || given === 'false') return false;
      problems.push(`${path}: ${JSON.stringify(given)} is not true or false`);
      return current;
    },
  };
}

/** A close code a server may send; RFC 6455 §7.4 reserves the others. */
export function closeCode(fallback: number): Knob<number> {
  return {
    fallback,
    read(given, current, path, problems) {
      const code = Number(given);
      if (isCloseCode(code)) return code;
      problems.push(`${path}: ${JSON.stringify(given)} is not a close code that may be sent`);
      return current;
    },
  };
}

export function ending(fallback: Ending): Knob<Ending> {
  return {
    fallback,
    read(given, current, path, problems) {
      if (given === 'fin' || given === 'rst' || given === 'silent') return given;
      const code = typeof given === 'string' ? /^close:(\d{4})$/.exec(given)?.[1] : undefined;
      if (code !== undefined && isCloseCode(Number(code))) return `close:${Number(code)}`;
      problems.push(
        `${path}: ${JSON.stringify(given)} is none of fin, rst, silent, close:CODE (such as close:1012)`,
      );
      return current;
    },
  };
}

function isCloseCode(code: number): boolean {
  if (!Number.isInteger(code)) return false;
  const reserved = code === 1004 || code === 1005 || code === 1006;
  return (code >= 1000 && code <= 1014 && !reserved) || (code >= 3000 && code <= 4999);
}

/** A knob that is off (null) until it is set. */
export function optional<T>(knob: Knob<T>): Knob<T | null> {
  return {
    fallback: null,
    read(given, current, path, problems) {
      if (given === null) return null;
      return knob.read(given, current ?? knob.fallback, path, problems);
    },
  };
}

type Fields = Record<string, Knob<unknown>>;

/**
 * Several knobs under one name; what is not mentioned stays as it is. `refuse` may say why a name
 * that is not here is not here, and `check` what does not go together.
 */
// Each field has a value type of its own, which `ValueOf` gets back.
// oxlint-disable-next-line typescript/no-explicit-any
export function group<F extends { [K in keyof F]: Knob<any> }>(
  fields: F,
  rules: {
    refuse?: (name: string) => string | undefined;
    check?: (values: { [K in keyof F]: ValueOf<F[K]> }) => string | undefined;
  } = {},
): Knob<{ [K in keyof F]: ValueOf<F[K]> }> {
  type Values = { [K in keyof F]: ValueOf<F[K]> };
  const knobs = fields as Fields;
  const fallback = Object.fromEntries(
    Object.entries(knobs).map(([name, knob]) => [name, knob.fallback]),
  ) as Values;
  return {
    fallback,
    read(given, current, path, problems) {
      if (typeof given !== 'object' || given === null || Array.isArray(given)) {
        const names = Object.keys(knobs).join(', ');
        problems.push(`${path || 'knobs'}: ${JSON.stringify(given)} is not a group of ${names}`);
        return current;
      }
      const values: Record<string, unknown> = { ...current };
      const before = problems.length;
      for (const [name, value] of Object.entries(given)) {
        const place = path === '' ? name : `${path}.${name}`;
        const knob = Object.hasOwn(knobs, name) ? knobs[name] : undefined;
        if (knob) values[name] = knob.read(value, values[name], place, problems);
        else {
          const known = `no such knob; here are ${Object.keys(knobs).join(', ')}`;
          problems.push(`${place}: ${rules.refuse?.(name) ?? known}`);
        }
      }
      const conflict = problems.length === before ? rules.check?.(values as Values) : undefined;
      if (conflict !== undefined) problems.push(path === '' ? conflict : `${path}: ${conflict}`);
      return values as Values;
    },
  };
}
