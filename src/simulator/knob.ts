import { formatDuration, parseDuration } from '../duration.ts';

/**
 * One thing about the simulator that can be set. `read` turns what somebody wrote into a value, or
 * adds a sentence to `problems` and returns the current value.
 */
export interface Knob<T> {
  readonly fallback: T;
  /** What may be written, in a few words. */
  readonly kind: string;
  /** What it does, in a sentence. */
  readonly about?: string;
  /** A value as people write it; without this, as text. */
  show?(value: T): string;
  /** Whether null switches it off. */
  readonly isOptional?: boolean;
  /** The knobs of a group. */
  readonly fields?: Readonly<Record<string, Knob<unknown>>>;
  read(given: unknown, current: T, path: string, problems: string[]): T;
}

export type ValueOf<K> = K extends Knob<infer T> ? T : never;

/** How a live connection ends: politely with a code, by FIN, by RST, or by falling silent. */
export type Ending = 'fin' | 'rst' | 'silent' | `close:${number}`;

interface Range {
  min?: number;
  max?: number;
}

/** A knob with a sentence about it. */
export function told<K>(about: string, knob: K): K & { readonly about: string } {
  return { ...knob, about };
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
  const noun = "milliseconds or a duration such as '30s'";
  const knob = numeric(fallback, bounds, noun, Number.isFinite, (v) => parseDuration(v));
  const from = range.min === undefined ? '' : `, at least ${formatDuration(range.min)}`;
  return { ...knob, kind: `time${from}`, show: formatDuration };
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
    kind: `${noun.replace(/^an? /, '')}${range}`,
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
    kind: values.join(' | '),
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
    kind: 'true | false',
    read(given, current, path, problems) {
      if (given === true || given === 'true') return true;
      if (given === false || given === 'false') return false;
      problems.push(`${path}: ${JSON.stringify(given)} is not true or false`);
      return current;
    },
  };
}

/** A close code a server may send; RFC 6455 §7.4 reserves the others. 1006 is a cut without a frame. */
export function closeCode(fallback: number): Knob<number> {
  return {
    fallback,
    kind: 'close code, or 1006 for a cut without a close frame',
    read(given, current, path, problems) {
      const code = Number(given);
      if (isCloseCode(code) || code === 1006) return code;
      problems.push(`${path}: ${JSON.stringify(given)} is not a close code that may be sent`);
      return current;
    },
  };
}

/** When a refused client may come back, as the header says it: seconds, one of three dates, or not. */
export type RetryStyle = (typeof retryStyles)[number];
const retryStyles = ['delta', 'date', 'rfc850', 'asctime', 'none'] as const;

export function retryStyle(fallback: RetryStyle): Knob<RetryStyle> {
  const { kind, read } = choice(fallback, retryStyles);
  const short: Readonly<Record<string, RetryStyle>> = { true: 'delta', false: 'none' };
  return {
    fallback,
    kind,
    read: (given, ...rest) => read(short[String(given)] ?? given, ...rest),
  };
}

/** A text of at most this many characters. */
export function text(fallback: string, length = 200): Knob<string> {
  return {
    fallback,
    kind: 'text',
    read(given, current, path, problems) {
      if (typeof given === 'string' && given.length <= length) return given;
      problems.push(
        `${path}: ${JSON.stringify(given)} is not a text of up to ${length} characters`,
      );
      return current;
    },
  };
}

export function ending(fallback: Ending): Knob<Ending> {
  return {
    fallback,
    kind: 'fin | rst | silent | close:CODE',
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
    ...knob,
    isOptional: true,
    show: (value) => (value === null ? 'off' : (knob.show?.(value) ?? String(value))),
    fallback: null,
    read(given, current, path, problems) {
      if (given === null) return null;
      return knob.read(given, current ?? knob.fallback, path, problems);
    },
  };
}

/** Any number of knobs of one sort, each under a name the user gives it; null takes one away. */
export function named<T>(knob: Knob<T>, most: number): Knob<Readonly<Record<string, T>>> {
  return {
    fallback: {},
    kind: knob.kind,
    fields: { NAME: knob },
    read(given, current, path, problems) {
      if (typeof given !== 'object' || given === null || Array.isArray(given)) {
        problems.push(`${path}: ${JSON.stringify(given)} is no object of names`);
        return current;
      }
      const values = new Map(Object.entries(current));
      for (const [name, value] of Object.entries(given)) {
        const place = `${path}.${name}`;
        if (!/^[\w-]{1,40}$/.test(name) || name === '__proto__') {
          problems.push(`${place}: a name is 1 to 40 letters, digits, - and _`);
        } else if (value === null) values.delete(name);
        else values.set(name, knob.read(value, values.get(name) ?? knob.fallback, place, problems));
      }
      if (values.size > most) problems.push(`${path}: there may be ${most} at most`);
      return Object.fromEntries(values);
    },
  };
}

type Fields = Record<string, Knob<unknown>>;

/**
 * Several knobs under one name; what is not mentioned stays as it is. `check` may say what does not go
 * together.
 */
// Each field has a value type of its own, which `ValueOf` gets back.
// oxlint-disable-next-line typescript/no-explicit-any
export function group<F extends { [K in keyof F]: Knob<any> }>(
  fields: F,
  rules: {
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
    kind: 'group',
    fields: knobs,
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
          problems.push(`${place}: no such knob; here are ${Object.keys(knobs).join(', ')}`);
        }
      }
      const conflict = problems.length === before ? rules.check?.(values as Values) : undefined;
      if (conflict !== undefined) problems.push(path === '' ? conflict : `${path}: ${conflict}`);
      return values as Values;
    },
  };
}
