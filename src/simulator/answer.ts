import { STATUS_CODES } from 'node:http';
import type { RetryStyle } from './knob.ts';
import type { LimiterVerdict } from './limiter.ts';

/** What is sent back to a request, over REST or instead of a 101. */
export interface Answer {
  status: number;
  headers: Record<string, string>;
  body: string;
}

/** An answer and why it is given, in the ledger's words. */
export interface Decision {
  decision: string;
  /** `cut` is a connection that is reset without an answer. */
  answer: Answer | 'cut';
  /** Simulated milliseconds it is held back. */
  holdMs?: number;
  /** It was refused because there were too many. */
  isForRate?: boolean;
}

export function jsonAnswer(
  status: number,
  value: unknown,
  headers: Record<string, string> = {},
): Answer {
  const type = { 'Content-Type': 'application/json; charset=utf-8' };
  return { status, headers: { ...type, ...headers }, body: JSON.stringify(value) };
}

/** An error in the platform's own form. */
export function errorAnswer(
  status: number,
  code: string,
  message: string,
  contextId: string,
  headers: Record<string, string> = {},
): Answer {
  const body = { message, code, status, contextId, details: [], errors: [] };
  return jsonAnswer(status, body, headers);
}

/** 429 in the platform's words. */
export function rateAnswer(
  corr: string,
  resetMs: number,
  headers: Record<string, string>,
  status = 429,
): Answer {
  const seconds = Math.max(1, Math.ceil(resetMs / 1000));
  return errorAnswer(
    status,
    'too.many.requests.retry.after',
    `Rate limit exceeded the maximum. Retry the request in [${seconds}] seconds`,
    corr,
    headers,
  );
}

/**
 * An error of an intermediary: HTML, and none of the platform's headers. Its own id is made of the
 * correlation id, so that even this answer can be found in the ledger.
 */
export function edgeAnswer(status: number, correlationId: string): Answer {
  const title = `${status} ${STATUS_CODES[status] ?? 'Error'}`;
  return {
    status,
    headers: {
      'Content-Type': 'text/html',
      Server: 'sim-edge',
      'X-Amz-Cf-Id': `sim-${correlationId}`,
    },
    body: `<html>\n<head><title>${title}</title></head>\n<body>\n<center><h1>${title}</h1></center>\n<hr><center>sim-edge</center>\n</body>\n</html>\n`,
  };
}

/** Which bucket fired, how full it is, and when it empties. */
export function rateHeaders(verdict: LimiterVerdict): Record<string, string> {
  return {
    'inin-ratelimit-count': String(verdict.count),
    'inin-ratelimit-allowed': String(verdict.limit),
    'inin-ratelimit-reset': String(Math.ceil(verdict.resetMs / 1000)),
  };
}

/**
 * When to come back, from real milliseconds. Retry-After knows whole seconds only, so a scaled
 * simulator says it exactly in a header of its own. A date comes with the Date it is counted from.
 */
export function retryHeaders(ms: number, style: RetryStyle, scale: number): Record<string, string> {
  if (style === 'none') return {};
  const seconds = Math.max(1, Math.ceil(ms / 1000));
  const exact = scale < 1 ? { 'Retry-After-Ms': String(Math.ceil(ms)) } : {};
  if (style === 'delta') return { 'Retry-After': String(seconds), ...exact };
  const now = new Date();
  const then = new Date((Math.floor(now.getTime() / 1000) + seconds) * 1000);
  return { 'Retry-After': dateText[style](then), Date: now.toUTCString(), ...exact };
}

/** The three date forms of RFC 9110 §5.6.7; receivers must take all of them. */
const dateText: Readonly<Record<Exclude<RetryStyle, 'delta' | 'none'>, (date: Date) => string>> = {
  date: (date) => date.toUTCString(),
  rfc850: (date) => {
    const [, day, month, year, time] = date.toUTCString().split(' ');
    const weekday = date.toLocaleDateString('en-US', { weekday: 'long', timeZone: 'UTC' });
    return `${weekday}, ${day}-${month}-${year?.slice(2)} ${time} GMT`;
  },
  asctime: (date) => {
    const [weekday, , month, year, time] = date.toUTCString().replace(',', '').split(' ');
    return `${weekday} ${month} ${String(date.getUTCDate()).padStart(2)} ${time} ${year}`;
  },
};

/** Whether an intermediary gave the answer, which knows none of the platform's headers. */
export function isEdge(answer: Answer): boolean {
  return 'X-Amz-Cf-Id' in answer.headers;
}
