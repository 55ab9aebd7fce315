import { STATUS_CODES } from 'node:http';
import type { TagSet } from '../../metrics/contract.ts';
import type { ProtocolHost } from '../contract.ts';
import type { Exchange } from './exchange.ts';
import type { ExpectedStatuses } from './params.ts';

/** k6's default: everything from 200 to 399 is as expected. */
export const defaultExpected: ExpectedStatuses = [[200, 399]];

/** Records the metrics of one exchange, with k6's tags as far as the option systemTags lets them. */
export class Samples {
  readonly #host: ProtocolHost;
  readonly #wanted: ReadonlySet<string>;

  constructor(host: ProtocolHost) {
    this.#host = host;
    this.#wanted = host.settings.systemTags;
  }

  /** The tags that are known before a request is answered. */
  labelled(base: TagSet, label: string, method: string): TagSet {
    const wanted = this.#wanted;
    let tags = base;
    if (wanted.has('name')) tags = tags.with('name', label);
    if (wanted.has('url')) tags = tags.with('url', label);
    if (wanted.has('method')) tags = tags.with('method', method);
    return tags;
  }

  /** Returns whether the answer is as it was expected. */
  record(
    exchange: Exchange,
    base: TagSet,
    label: string,
    expected: ExpectedStatuses,
    waitedMs: number | undefined,
  ): boolean {
    const wanted = this.#wanted;
    const { message, failure } = exchange;
    const status = failure === undefined ? exchange.status : 0;
    let tags = this.labelled(base, label, message.method);
    if (exchange.status > 0 && wanted.has('proto')) tags = tags.with('proto', 'HTTP/1.1');
    if (wanted.has('status')) tags = tags.with('status', String(status));
    if (exchange.peer.tlsVersion !== '' && wanted.has('tls_version')) {
      tags = tags.with('tls_version', exchange.peer.tlsVersion);
    }
    if (exchange.peer.address !== '' && wanted.has('ip')) {
      tags = tags.with('ip', exchange.peer.address);
    }
    if (failure !== undefined && wanted.has('error')) tags = tags.with('error', failure.message);
    const errorCode = errorCodeOf(exchange);
    if (errorCode !== 0 && wanted.has('error_code')) {
      tags = tags.with('error_code', String(errorCode));
    }
    const good = isGood(exchange, expected);
    if (expected !== null && wanted.has('expected_response')) {
      tags = tags.with('expected_response', String(good));
    }

    const { recorder, builtins, clock } = this.#host;
    const wall = clock.wall(exchange.end);
    recorder.add(builtins.http_reqs, tags, 1, wall);
    recorder.add(builtins.http_req_duration, tags, exchange.duration, wall);
    // What its user waited from the instant it should have begun: the stall of a target shows here, too,
    // when it kept all VUs busy.
    if (waitedMs !== undefined) {
      const corrected = exchange.duration + waitedMs;
      recorder.add(builtins.http_req_duration_corrected, tags, corrected, wall);
    }
    recorder.add(builtins.http_req_blocked, tags, exchange.blocked, wall);
    recorder.add(builtins.http_req_connecting, tags, exchange.connecting, wall);
    recorder.add(builtins.http_req_tls_handshaking, tags, exchange.tls, wall);
    recorder.add(builtins.http_req_sending, tags, exchange.sending, wall);
    recorder.add(builtins.http_req_waiting, tags, exchange.waiting, wall);
    recorder.add(builtins.http_req_receiving, tags, exchange.receiving, wall);
    if (expected === null) return failure === undefined && status < 400;
    recorder.add(builtins.http_req_failed, tags, good ? 0 : 1, wall);
    return good;
  }
}

/** k6's error code: that of the failure, or 1000 + status from 400 on. */
export function errorCodeOf(exchange: Exchange): number {
  if (exchange.failure !== undefined) return exchange.failure.code;
  return exchange.status >= 400 && exchange.status < 600 ? 1_000 + exchange.status : 0;
}

/**
 * Whether an exchange that the response callback judges is as it expects. One that nothing judges is
 * never good; see `hasFailed`.
 */
function isGood({ failure, status }: Exchange, expected: ExpectedStatuses): boolean {
  return failure === undefined && expected !== null && status > 0 && isExpected(status, expected);
}

/** As http_req_failed has it; where nothing judges, no answer and everything from 400 on. */
export function hasFailed(exchange: Exchange, expected: ExpectedStatuses): boolean {
  return expected === null ? errorCodeOf(exchange) !== 0 : !isGood(exchange, expected);
}

function isExpected(status: number, expected: NonNullable<ExpectedStatuses>): boolean {
  for (const [min, max] of expected) if (status >= min && status <= max) return true;
  return false;
}

/** `200 OK`: what the server said, or the usual words when it said none. */
export function statusLine(exchange: Exchange): string {
  const { status, statusText } = exchange;
  const words = statusText === '' ? (STATUS_CODES[status] ?? '') : statusText;
  return `${status} ${words}`.trim();
}
