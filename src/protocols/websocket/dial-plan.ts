/** What a script asked for, checked and made ready to dial; nothing of it is trusted before this file. */
import { WsDialect } from '../../../runtime/contract/ops.ts';
import { parseDuration } from '../../duration.ts';
import { GuestError } from '../../errors.ts';
import { limits } from '../../limits.ts';
import type { ProtocolHost } from '../contract.ts';
import { readTerms, type Terms } from '../terms.ts';
import { readSessionTerms, type SessionTerms } from './session-terms.ts';

export interface DialPlan {
  /** Without a fragment, ws: or wss:. */
  url: URL;
  /** The URL as tags carry it: credentials hidden. */
  urlTag: string;
  protocols: string[];
  headers: Record<string, string>;
  tags: Record<string, string>;
  name: string | undefined;
  deflate: boolean;
  /** One of `WsDialect`. */
  dialect: number;
  /** Milliseconds from the start of the dial to the end of the opening handshake. */
  timeoutMs: number;
  /** Of the dialect of sessions only. */
  session?: SessionTerms;
  /** For a retry: what it is an attempt at, its number, what it waited and had been asked to wait. */
  op?: string;
  attempt?: number;
  waitedMs?: number;
  askedMs?: number;
  /** Retries, token and limits; most connections have none. */
  terms: Terms | undefined;
}

/** Reads the arguments of `Op.wsOpen`. Throws `GuestError` with k6's texts where k6 has one. */
export function readDialPlan(
  href: string,
  protocolsJson: string,
  paramsJson: string | undefined,
  host: Pick<ProtocolHost, 'citizen' | 'settings'>,
  dialect: number,
): DialPlan {
  const url = readUrl(href);
  const params = paramsJson === undefined ? {} : record(JSON.parse(paramsJson), 'params');
  const headers = readHeaders(params['headers']);
  const listed = headers['sec-websocket-protocol'];
  // ws compares the answer with the protocols it was told of, so one named by header must go that way.
  delete headers['sec-websocket-protocol'];
  const protocols = texts(JSON.parse(protocolsJson));
  if (protocols.length === 0 && params['protocols'] !== undefined) {
    protocols.push(...texts(params['protocols']));
  }
  if (protocols.length === 0 && listed !== undefined) {
    protocols.push(...listed.split(',').map((name) => name.trim()));
  }
  if (headers['user-agent'] === undefined) headers['user-agent'] = host.settings.userAgent;
  if (headers['user-agent'] === '') delete headers['user-agent'];
  const tags = textValues(params['tags'], 'tags');
  if (Object.keys(tags).length > limits.tagsPerSample) {
    throw new GuestError(`WebSocket params.tags holds more than ${limits.tagsPerSample} tags`);
  }
  const name = params['name'] ?? tags['name'];
  delete tags['name'];
  return {
    url,
    urlTag: urlTag(url),
    protocols,
    headers,
    tags,
    name: name === undefined ? undefined : String(name),
    deflate: readCompression(params['compression']),
    dialect,
    timeoutMs: readTimeout(params['timeout']),
    terms: readTerms(
      params,
      dialect === WsDialect.session ? 'ws.connect(url, options)' : 'WebSocket params',
      host,
    ),
    ...(dialect === WsDialect.session && { session: readSessionTerms(params) }),
  };
}

function readUrl(href: string): URL {
  if (href === '') throw new GuestError('WebSocket requires a url', 'SyntaxError');
  let url: URL;
  try {
    url = new URL(href);
  } catch {
    const text = `WebSocket requires valid url, but got "${href}" which resulted in an invalid URL`;
    throw new GuestError(text, 'SyntaxError');
  }
  const scheme = url.protocol.slice(0, -1);
  if (scheme !== 'ws' && scheme !== 'wss') {
    const text = `WebSocket requires url with scheme ws or wss, but got "${scheme}"`;
    throw new GuestError(text, 'SyntaxError');
  }
  if (url.hash !== '') {
    const text = `WebSocket requires no url fragment, but got "${url.hash.slice(1)}"`;
    throw new GuestError(text, 'SyntaxError');
  }
  return url;
}

function urlTag(url: URL): string {
  if (url.username === '' && url.password === '') return url.href;
  const shown = new URL(url);
  shown.username = '****';
  shown.password = '****';
  return shown.href;
}

function readHeaders(value: unknown): Record<string, string> {
  const given = textValues(value, 'headers');
  const names = Object.keys(given);
  const headers: Record<string, string> = Object.create(null) as Record<string, string>;
  let bytes = 0;
  for (const name of names) {
    const text = given[name] as string;
    bytes += name.length + text.length;
    headers[name.toLowerCase()] = text;
  }
  if (names.length > limits.requestHeaders || bytes > limits.requestHeaderBytes) {
    throw new GuestError(
      `WebSocket headers are more than ${limits.requestHeaders} or ${limits.requestHeaderBytes} bytes`,
    );
  }
  return headers;
}

function readCompression(value: unknown): boolean {
  if (value === undefined || value === null || value === '') return false;
  if (value === 'deflate') return true;
  const text = `unsupported compression algorithm '${String(value)}', supported algorithm is 'deflate'`;
  throw new GuestError(text);
}

function readTimeout(value: unknown): number {
  if (value === undefined || value === null) return limits.wsHandshakeMs;
  const ms = parseDuration(value);
  if (ms !== undefined && ms > 0 && ms < 2 ** 31) return ms;
  throw new GuestError(
    `WebSocket params.timeout: ${JSON.stringify(value)} is not a duration above 0; write for example '10s'`,
  );
}

function record(value: unknown, what: string): Record<string, unknown> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    return value as Record<string, unknown>;
  }
  throw new GuestError(`WebSocket ${what} must be an object`, 'TypeError');
}

function textValues(value: unknown, what: string): Record<string, string> {
  const result: Record<string, string> = Object.create(null) as Record<string, string>;
  if (value === undefined || value === null) return result;
  for (const [key, entry] of Object.entries(record(value, `params.${what}`))) {
    result[key] = Array.isArray(entry) ? entry.map(String).join(', ') : String(entry);
  }
  return result;
}

function texts(value: unknown): string[] {
  return (Array.isArray(value) ? value : [value]).map(String);
}
