/** How long a server asks to be left alone, in all the forms servers say it in. */

const months = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];

/**
 * Milliseconds to wait from the response on, by the value of Retry-After: seconds, one of HTTP's three
 * forms of a date, or an ISO-8601 duration. A date counts from the response's own `Date`, because the
 * server's clock need not agree with ours; without one, from `wallMs` (milliseconds since 1970).
 * undefined when the value is none of these.
 */
export function retryAfterMs(
  value: string,
  date: string | undefined,
  wallMs: number,
): number | undefined {
  const text = value.trim();
  const relative = spanMs(text);
  if (relative !== undefined) return relative;
  const until = httpDateMs(text, wallMs);
  if (until === undefined) return undefined;
  const from = date === undefined ? undefined : httpDateMs(date.trim(), wallMs);
  return Math.max(0, until - (from ?? wallMs));
}

/** Seconds as decimal text, or a duration such as PT3S, in milliseconds. */
function spanMs(text: string): number | undefined {
  if (/^\d+(\.\d+)?$/.test(text)) return Number(text) * 1_000;
  return isoDurationMs(text);
}

/** An ISO-8601 duration in milliseconds; years and months, whose length varies, are none. */
function isoDurationMs(text: string): number | undefined {
  const match =
    /^P(?:(\d+(?:[.,]\d+)?)W|(?:(\d+(?:[.,]\d+)?)D)?(?:T(?:(\d+(?:[.,]\d+)?)H)?(?:(\d+(?:[.,]\d+)?)M)?(?:(\d+(?:[.,]\d+)?)S)?)?)$/i.exec(
      text,
    );
  if (match === null || match.slice(1).every((part) => part === undefined)) return undefined;
  const [weeks, days, hours, minutes, seconds] = match
    .slice(1)
    .map((part) => Number((part ?? '0').replace(',', '.'))) as [
    number,
    number,
    number,
    number,
    number,
  ];
  return ((((weeks * 7 + days) * 24 + hours) * 60 + minutes) * 60 + seconds) * 1_000;
}

/** `Sun, 06 Nov 1994 08:49:37 GMT`, and the two older forms every recipient has to know. */
export function httpDateMs(text: string, wallMs: number): number | undefined {
  const fixed = /^[a-z]{3}, (\d{2}) ([a-z]{3}) (\d{4}) (\d{2}):(\d{2}):(\d{2}) GMT$/i.exec(text);
  if (fixed !== null) return instant(fixed, 3, 2, 1, 4);
  const rfc850 = /^[a-z]{6,9}, (\d{2})-([a-z]{3})-(\d{2}) (\d{2}):(\d{2}):(\d{2}) GMT$/i.exec(text);
  if (rfc850 !== null) {
    // Two digits of a year: one that seems more than 50 years ahead is the latest past one.
    const thisYear = new Date(wallMs).getUTCFullYear();
    let year = thisYear - (thisYear % 100) + Number(rfc850[3]);
    if (year > thisYear + 50) year -= 100;
    rfc850[3] = String(year);
    return instant(rfc850, 3, 2, 1, 4);
  }
  const asctime = /^[a-z]{3} ([a-z]{3}) ([ \d]\d) (\d{2}):(\d{2}):(\d{2}) (\d{4})$/i.exec(text);
  return asctime === null ? undefined : instant(asctime, 6, 1, 2, 3);
}

/** The instant of a matched date; the numbers are the places of its parts. */
function instant(
  match: RegExpExecArray,
  year: number,
  month: number,
  day: number,
  hour: number,
): number | undefined {
  const monthIndex = months.indexOf((match[month] as string).toLowerCase());
  const part = (place: number): number => Number(match[place]);
  const wall = [part(day), part(hour), part(hour + 1), part(hour + 2)] as const;
  if (monthIndex < 0 || wall[0] < 1 || wall[0] > 31 || wall[1] > 23) return undefined;
  // A leap second is allowed for.
  if (wall[2] > 59 || wall[3] > 60) return undefined;
  return Date.UTC(part(year), monthIndex, ...wall);
}

const secondsKeys = ['retryAfter', 'retry_after', 'retry-after', 'retryAfterSeconds'];
const millisecondsKeys = ['retryAfterMs', 'retry_after_ms'];
const innerKeys = ['body', 'error', 'details', 'parameters'];

/**
 * The same, said inside of an answer: a field such as `retryAfter` (seconds, or `PT3S`) of a JSON object
 * or of its `body`, `error`, `details` or `parameters`, or the words "retry … in [3] seconds".
 */
export function inBandRetryAfterMs(text: string): number | undefined {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    parsed = undefined;
  }
  return fieldMs(parsed, 2) ?? wordsMs(text);
}

function fieldMs(value: unknown, depth: number): number | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const fields = value as Record<string, unknown>;
  for (const key of secondsKeys) {
    const found = fields[key];
    const ms =
      typeof found === 'number' && found >= 0
        ? found * 1_000
        : typeof found === 'string'
          ? spanMs(found.trim())
          : undefined;
    if (ms !== undefined) return ms;
  }
  for (const key of millisecondsKeys) {
    const found = fields[key];
    if (typeof found === 'number' && found >= 0) return found;
  }
  if (depth === 0) return undefined;
  for (const key of innerKeys) {
    const inner = fieldMs(fields[key], depth - 1);
    if (inner !== undefined) return inner;
  }
  return undefined;
}

function wordsMs(text: string): number | undefined {
  const match = /\bretry\b[^.\d]{0,40}\bin \[?(\d+(?:\.\d+)?)\]? seconds?\b/i.exec(text);
  return match === null ? undefined : Number(match[1]) * 1_000;
}
