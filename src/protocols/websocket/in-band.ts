/** Rate limits that are told inside of an open WebSocket, where no status and no header is. */

export interface InBandLimit {
  /** What the peer asks to wait, or undefined when it does not say. */
  retryAfterMs: number | undefined;
}

/** Larger messages are data. */
const longest = 4_096;
const brace = 0x7b;
const codes = new Set([429, 4029]);

/**
 * Whether a text message tells of a rate limit: a `code` (or `errorCode`, `status`) of 429 or 4029, on top
 * or in `body` or `parameters`, as web messaging, AudioHook and plain JSON services say it.
 */
export function rateLimitIn(data: Buffer): InBandLimit | undefined {
  // Each message comes by here: what is no JSON object, or does not hold what both codes end in, goes on.
  if (data[0] !== brace || data.length > longest || !data.includes('29')) return undefined;
  let message: unknown;
  try {
    message = JSON.parse(data.toString());
  } catch {
    return undefined;
  }
  const parts = [message, field(message, 'body'), field(message, 'parameters')];
  const told = parts.some((part) =>
    ['code', 'errorCode', 'status'].some((name) => codes.has(Number(field(part, name)))),
  );
  if (!told) return undefined;
  const after = parts.map((part) => field(part, 'retryAfter')).find((value) => value !== undefined);
  return { retryAfterMs: waitOf(after) };
}

function field(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null) return undefined;
  return (value as Record<string, unknown>)[name];
}

/** Seconds as a number, or AudioHook's ISO-8601 `PT3S`. */
function waitOf(value: unknown): number | undefined {
  const iso = typeof value === 'string' ? /^PT(\d+(?:\.\d+)?)S$/.exec(value)?.[1] : undefined;
  const seconds = Number(iso ?? value);
  return value === undefined || value === '' || !Number.isFinite(seconds) || seconds < 0
    ? undefined
    : seconds * 1_000;
}
