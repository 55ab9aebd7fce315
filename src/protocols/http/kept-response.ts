import type { HttpCookie, HttpResponseDetails } from '../../../runtime/contract/ops.ts';
import { GuestError } from '../../errors.ts';
import { limits } from '../../limits.ts';
import { parseSetCookie } from './cookie-jar.ts';
import type { Exchange, Message } from './exchange.ts';
import { statusLine } from './samples.ts';

/** What a script may still read of an answered request. */
export interface KeptResponse {
  /** The last hop. */
  readonly exchange: Exchange;
  /** What the script asked for, before any redirect. */
  readonly asked: Message;
  /** Headers the script set itself. */
  readonly askedHeaders: readonly (readonly [string, string])[];
  readonly body: Uint8Array | undefined;
}

/** What all VUs of a shard keep together. A guest's garbage collector knows nothing of our memory. */
export interface KeptBudget {
  bytes: number;
}

/** The responses of one VU that the guest has not released; the oldest go when there is no room. */
export class KeptResponses {
  readonly #kept = new Map<number, KeptResponse>();
  readonly #budget: KeptBudget;
  #bytes = 0;

  constructor(budget: KeptBudget) {
    this.#budget = budget;
  }

  keep(id: number, response: KeptResponse): void {
    this.#kept.set(id, response);
    this.#count(weightOf(response));
    while (
      (this.#kept.size > 1 &&
        (this.#bytes > limits.keptBodiesBytes ||
          this.#budget.bytes > limits.keptBodiesBytesPerShard)) ||
      this.#kept.size > limits.keptResponses
    ) {
      this.release(this.#kept.keys().next().value as number);
    }
  }

  get(id: number): KeptResponse {
    const response = this.#kept.get(id);
    if (response === undefined) {
      throw new GuestError(
        `this response is no longer kept: a VU may hold ${limits.keptResponses} responses or ${limits.keptBodiesBytes} bytes of them (less when all VUs together hold a lot), and the oldest are dropped; read it earlier or use responseType: 'none'`,
      );
    }
    return response;
  }

  release(id: number): void {
    const response = this.#kept.get(id);
    if (response === undefined) return;
    this.#kept.delete(id);
    this.#count(-weightOf(response));
  }

  clear(): void {
    this.#kept.clear();
    this.#count(-this.#bytes);
  }

  #count(bytes: number): void {
    this.#bytes += bytes;
    this.#budget.bytes += bytes;
  }
}

/** Roughly what a kept response costs; the constant stands for the objects around it. */
function weightOf({ exchange, asked, body }: KeptResponse): number {
  let bytes = 512 + (body?.length ?? 0) + (asked.body?.length ?? 0);
  for (const part of exchange.rawHeaders) bytes += part.length;
  return bytes;
}

export function detailsOf({ exchange, asked, askedHeaders }: KeptResponse): HttpResponseDetails {
  const failed = exchange.failure !== undefined;
  const requestHeaders = Object.create(null) as Record<string, string[]>;
  for (const [name, value] of askedHeaders) {
    (requestHeaders[canonicalName(name)] ??= []).push(value);
  }
  const headers = Object.create(null) as Record<string, string>;
  const cookies = Object.create(null) as Record<string, HttpCookie[]>;
  if (!failed) {
    const { rawHeaders } = exchange;
    for (let index = 0; index < rawHeaders.length; index += 2) {
      const name = canonicalName((rawHeaders[index] as Buffer).toString('latin1'));
      const value = (rawHeaders[index + 1] as Buffer).toString('utf8');
      const before = headers[name];
      headers[name] = before === undefined ? value : `${before}, ${value}`;
      if (name !== 'Set-Cookie') continue;
      const cookie = parseSetCookie(value);
      if (cookie !== undefined) (cookies[cookie.name] ??= []).push(cookie);
    }
  }
  return {
    url: exchange.message.target.text,
    statusText: failed ? '' : statusLine(exchange),
    proto: failed ? '' : 'HTTP/1.1',
    headers,
    cookies,
    remoteIp: exchange.peer.address,
    remotePort: exchange.peer.port,
    tlsVersion: exchange.peer.tlsVersion,
    tlsCipherSuite: exchange.peer.tlsCipher,
    request: {
      method: asked.method,
      url: asked.target.text,
      headers: requestHeaders,
      body: asked.body === undefined ? '' : Buffer.from(asked.body).toString('utf8'),
    },
  };
}

/** A header name as Go writes it: `content-type` becomes `Content-Type`. */
export function canonicalName(name: string): string {
  return name.toLowerCase().replace(/(^|-)[a-z]/g, (match) => match.toUpperCase());
}
