import { parseDuration } from '../../duration.ts';
import { GuestError } from '../../errors.ts';
import { limits } from '../../limits.ts';
import type { ProtocolHost } from '../contract.ts';
import { readTerms, type Terms } from '../terms.ts';
import { compressionNames } from './content-coding.ts';

/** Statuses as [lowest, highest]; null when nothing is to be expected (k6: `responseCallback: null`). */
export type ExpectedStatuses = readonly (readonly [number, number])[] | null;

/** What came with one request; see `HttpParams` in runtime/modules/http.ts for who writes it. */
export interface RequestParams {
  headers: readonly (readonly [string, string])[];
  tags: readonly (readonly [string, string])[];
  /** The tag `name`, when the script set one. */
  name: string | undefined;
  timeoutMs: number;
  redirects: number | undefined;
  responseType: 'text' | 'binary' | 'none' | undefined;
  compression: readonly string[];
  cookies: readonly (readonly [string, string, boolean])[];
  jar: number;
  /** undefined: the VU's own. */
  expected: ExpectedStatuses | undefined;
  throws: boolean | undefined;
  /** One of `http.batch`: waits until the batch limits leave room. */
  batch: boolean;
  /** Retries, token and limits; most requests have none. */
  terms: Terms | undefined;
  /** What its attempts are attempts at, where it is none of the VU's own requests. */
  op: string | undefined;
  /** The guest found a mistake that k6 reports as a failed request. */
  fault: string | undefined;
}

export const noParams: RequestParams = {
  headers: [],
  tags: [],
  name: undefined,
  timeoutMs: limits.requestMs,
  redirects: undefined,
  responseType: undefined,
  compression: [],
  cookies: [],
  jar: 0,
  expected: undefined,
  throws: undefined,
  batch: false,
  terms: undefined,
  op: undefined,
  fault: undefined,
};

/** Reads what the guest sent. Everything is checked again: the guest is the script's. */
export function readParams(json: string, host: Pick<ProtocolHost, 'citizen'>): RequestParams {
  const given = JSON.parse(json) as Record<string, unknown>;
  const auth = given['auth'];
  if (auth !== undefined && auth !== '' && auth !== 'basic' && typeof auth !== 'object') {
    throw new GuestError(
      auth === 'digest' || auth === 'ntlm'
        ? `auth '${auth}' is not supported yet; use basic or send the Authorization header yourself`
        : `unknown auth type ${JSON.stringify(auth)}; use 'basic', or a token of vurun/oauth`,
    );
  }
  const responseType = given['responseType'];
  if (
    responseType !== undefined &&
    responseType !== 'text' &&
    responseType !== 'binary' &&
    responseType !== 'none'
  ) {
    throw new GuestError(
      `unknown responseType ${JSON.stringify(responseType)}; use 'text', 'binary' or 'none'`,
    );
  }
  const redirects = given['redirects'];
  if (redirects !== undefined && (typeof redirects !== 'number' || !Number.isFinite(redirects))) {
    throw new GuestError(`redirects: ${JSON.stringify(redirects)} is not a number`);
  }
  const headers = pairs(given['headers']);
  let headerBytes = 0;
  for (const [name, value] of headers) headerBytes += name.length + value.length;
  if (headers.length > limits.requestHeaders || headerBytes > limits.requestHeaderBytes) {
    throw new GuestError(
      `a request may carry ${limits.requestHeaders} headers of ${limits.requestHeaderBytes} bytes together; this one has ${headers.length} of ${headerBytes}`,
    );
  }
  const tags = pairs(given['tags']);
  if (tags.length > limits.tagsPerSample) {
    throw new GuestError(`a request may carry ${limits.tagsPerSample} tags, not ${tags.length}`);
  }
  const compression = given['compression'];
  const name = tags.find(([key]) => key === 'name')?.[1] ?? given['name'];
  return {
    headers,
    tags,
    name: typeof name === 'string' && name !== '' ? name : undefined,
    timeoutMs: timeoutOf(given['timeout']),
    redirects: redirects === undefined ? undefined : Math.max(0, Math.trunc(redirects)),
    responseType,
    compression:
      typeof compression === 'string' && compression !== '' ? compressionNames(compression) : [],
    cookies: (Array.isArray(given['cookies']) ? given['cookies'] : []).map(
      ([key, value, replace]: [unknown, unknown, unknown]) =>
        [String(key), String(value), replace === true] as const,
    ),
    jar: typeof given['jar'] === 'number' ? given['jar'] : 0,
    expected: given['expected'] === undefined ? undefined : readExpected(given['expected']),
    throws: typeof given['throw'] === 'boolean' ? given['throw'] : undefined,
    batch: given['batch'] === true,
    op: undefined,
    terms: readTerms(given, 'http params', host),
    fault: typeof given['fault'] === 'string' ? given['fault'] : undefined,
  };
}

export function readExpected(given: unknown): ExpectedStatuses {
  if (!Array.isArray(given)) return null;
  return given.map(([min, max]: [unknown, unknown]) => [Number(min), Number(max)] as const);
}

function pairs(given: unknown): [string, string][] {
  if (!Array.isArray(given)) return [];
  return given.map(([name, value]: [unknown, unknown]) => [String(name), String(value)]);
}

function timeoutOf(given: unknown): number {
  if (given === undefined) return limits.requestMs;
  const ms = parseDuration(given);
  if (ms === undefined || ms < 0) {
    throw new GuestError(
      `timeout: ${JSON.stringify(given)} is no duration; write milliseconds or text such as '30s'`,
    );
  }
  // 0 is k6's "as long as it takes", here as long as a timer of Node can wait.
  return ms === 0 ? 2 ** 31 - 1 : Math.min(ms, 2 ** 31 - 1);
}
