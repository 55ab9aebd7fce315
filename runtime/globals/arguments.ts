/** Checks of what scripts pass to several modules: tags, names, waits. */

/** Tags of one sample. */
export type Tags = Record<string, string | number | boolean>;

/** A name on its way to the host, where a NUL would cut it short. */
export function nameText(name: string): string {
  return name.replaceAll('\0', '\\0');
}

/** Tags as JSON for the host, or undefined when there are none. Throws a TypeError naming the tag. */
export function tagsJson(tags: unknown, what: string): string | undefined {
  if (tags === undefined || tags === null) return undefined;
  if (typeof tags !== 'object') throw new TypeError(`${what}: tags must be an object`);
  const texts: Record<string, string> = {};
  for (const [key, value] of Object.entries(tags)) texts[key] = tagText(key, value, what);
  return JSON.stringify(texts);
}

/** One tag's value as text. Throws a TypeError naming the tag. */
export function tagText(key: string, value: unknown, what: string): string {
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') {
    return String(value);
  }
  const found = value === null ? 'null' : typeof value;
  throw new TypeError(
    `${what}: tag '${key}' must be a string, a number or a boolean, not ${found}`,
  );
}

const unitMs: Record<string, number> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/** Milliseconds of text in parts such as '1m30s', or undefined when it is none. */
function partsMs(text: string): number | undefined {
  const part = /(\d+\.?\d*|\.\d+)(ns|us|µs|ms|s|m|h|d)/g;
  if (text === '' || text.replace(part, '') !== '') return undefined;
  let total = 0;
  for (const [, amount, unit] of text.matchAll(part)) {
    total += Number(amount) * (unitMs[unit as string] as number);
  }
  return total;
}

/** Milliseconds of a wait: a number (or its text) is seconds, other text is a duration like '1m30s'. */
export function waitMs(wait: unknown, what: string): number {
  const seconds = Number(wait);
  if (typeof wait !== 'string') return Number.isNaN(seconds) ? 0 : seconds * 1_000;
  const text = wait.trim();
  if (text !== '' && !Number.isNaN(seconds)) return seconds * 1_000;
  const milliseconds = partsMs(text);
  if (milliseconds === undefined) {
    throw new TypeError(
      `${what}: '${wait}' is no duration; write seconds, or text such as '500ms' or '1m30s'`,
    );
  }
  return milliseconds;
}

/**
 * Milliseconds of a duration as options have them: a number (or its text) is milliseconds, other text
 * has units, like '1m30s'. Throws a TypeError for anything else, and for less than 0.
 */
export function durationMs(duration: unknown, what: string): number {
  const text = typeof duration === 'string' ? duration.trim() : '';
  const plain = text === '' ? Number.NaN : Number(text);
  const milliseconds =
    typeof duration === 'number' ? duration : Number.isNaN(plain) ? partsMs(text) : plain;
  if (milliseconds === undefined || !(milliseconds >= 0 && milliseconds < Infinity)) {
    throw new TypeError(
      `${what}: ${shown(duration)} is no duration; write text such as '500ms' or '1m30s', or milliseconds`,
    );
  }
  return milliseconds;
}

/** What was given in place of something else, for an error about it. */
export function shown(value: unknown): string {
  if (typeof value === 'string') return `'${value}'`;
  if (typeof value === 'number' || value === null) return String(value);
  return Array.isArray(value) ? 'a list' : typeof value;
}

/** What a call was given, as JSON for the host, which checks it; what JSON would drop arrives as its name. */
export function givenJson(call: string, given: unknown): string {
  if (given !== undefined && (typeof given !== 'object' || given === null)) {
    throw new TypeError(`${call}: the options must be an object, not ${shown(given)}`);
  }
  return JSON.stringify(given ?? {}, (_key, value: unknown) =>
    typeof value === 'function' ||
    typeof value === 'symbol' ||
    typeof value === 'bigint' ||
    (typeof value === 'number' && !Number.isFinite(value))
      ? typeof value === 'function'
        ? 'a function'
        : String(value)
      : value,
  );
}
