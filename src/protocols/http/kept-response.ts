import {
  type HttpCookie,
  type HttpResponseDetails,
  HttpTimings,
  type SentCookie,
} from '../../../runtime/contract/ops.ts';
import { GuestError } from '../../errors.ts';
import { limits } from '../../limits.ts';
import { parseSetCookie } from './cookie-jar.ts';
import type { Asked, Exchange } from './exchange.ts';
import { statusLine } from './samples.ts';

/** What a script may still read of a request that is over. */
export interface KeptResponse {
  readonly body: Uint8Array | undefined;
  /** Roughly what keeping it costs, in bytes. */
  readonly weight: number;
  details(): HttpResponseDetails;
  /** By `HttpTimings`. */
  timings(): Float64Array;
}

/** The objects around a response. */
const baseWeight = 512;

/** A request that was sent, whatever became of it. */
export class AnsweredRequest implements KeptResponse {
  /** The last hop. */
  readonly #exchange: Exchange;
  /** What the script asked for, before any redirect. */
  readonly #asked: Asked;
  /** Headers the script set itself. */
  readonly #askedHeaders: readonly (readonly [string, string])[];
  readonly body: Uint8Array | undefined;
  readonly weight: number;

  constructor(
    exchange: Exchange,
    asked: Asked,
    askedHeaders: readonly (readonly [string, string])[],
    body: Uint8Array | undefined,
  ) {
    this.#exchange = exchange;
    this.#asked = asked;
    this.#askedHeaders = askedHeaders;
    this.body = body;
    let weight = baseWeight + (body?.length ?? 0) + (asked.body?.length ?? 0);
    for (const part of exchange.rawHeaders) weight += part.length;
    this.weight = weight;
  }

  timings(): Float64Array {
    const exchange = this.#exchange;
    const times = new Float64Array(Object.keys(HttpTimings).length);
    times[HttpTimings.duration] = exchange.duration;
    times[HttpTimings.blocked] = exchange.blocked;
    times[HttpTimings.connecting] = exchange.connecting;
    times[HttpTimings.tlsHandshaking] = exchange.tls;
    times[HttpTimings.sending] = exchange.sending;
    times[HttpTimings.waiting] = exchange.waiting;
    times[HttpTimings.receiving] = exchange.receiving;
    return times;
  }

  details(): HttpResponseDetails {
    return detailsOf(this.#exchange, this.#asked, this.#askedHeaders);
  }
}

/** A request that never got to the network. */
export class RefusedRequest implements KeptResponse {
  readonly body = undefined;
  readonly weight: number = baseWeight;
  readonly #method: string;
  readonly #url: string;

  constructor(method: string, url: string) {
    this.#method = method;
    this.#url = url;
  }

  timings(): Float64Array {
    return new Float64Array(Object.keys(HttpTimings).length);
  }

  details(): HttpResponseDetails {
    const url = this.#url;
    return {
      url,
      statusText: '',
      proto: '',
      headers: {},
      cookies: {},
      remoteIp: '',
      remotePort: 0,
      tlsVersion: '',
      tlsCipherSuite: '',
      request: { method: this.#method, url, headers: {}, body: '', cookies: {} },
    };
  }
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
    this.#count(response.weight);
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
    this.#count(-response.weight);
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

function detailsOf(
  exchange: Exchange,
  asked: Asked,
  askedHeaders: readonly (readonly [string, string])[],
): HttpResponseDetails {
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
      cookies: sentCookies(asked.headers),
    },
  };
}

/** The cookies of a request, from the header they went in. */
function sentCookies(headers: readonly string[]): Record<string, SentCookie[]> {
  const cookies = Object.create(null) as Record<string, SentCookie[]>;
  const at = headers.findIndex((name, index) => index % 2 === 0 && name === 'Cookie');
  if (at < 0) return cookies;
  const text = Buffer.from(headers[at + 1] as string, 'latin1').toString('utf8');
  for (const pair of text.split('; ')) {
    const [name = '', ...value] = pair.split('=');
    (cookies[name] ??= []).push({ name, value: value.join('='), replace: false });
  }
  return cookies;
}

/** A header name as Go writes it: `content-type` becomes `Content-Type`. */
export function canonicalName(name: string): string {
  return name.toLowerCase().replace(/(^|-)[a-z]/g, (match) => match.toUpperCase());
}
