import { causes } from '../../attempts/cause.ts';
import type { Attempt } from '../../attempts/contract.ts';
import { limits } from '../../limits.ts';
import { answerFacts, bodyCode } from '../answer-facts.ts';
import type { ProtocolHost } from '../contract.ts';
import { traced } from '../traceparent.ts';
import type { Exchange } from './exchange.ts';

/** The terminal record of an exchange; `known` is what the exchange itself does not know. */
export function attemptOf(
  exchange: Exchange,
  { attempts, clock }: ProtocolHost,
  known: Pick<
    Attempt,
    | 'op'
    | 'attempt'
    | 'vu'
    | 'scenario'
    | 'session'
    | 'name'
    | 'cause'
    | 'failed'
    | 'openAtStart'
    | 'openAtEnd'
    | 'waited'
    | 'asked'
  >,
): Attempt {
  const { failure, start, end, status, written, firstByte, idleMs, dns, connecting, tls } =
    exchange;
  const errno = failure?.errno;
  const code = status >= 400 ? bodyCode(textOf(exchange)) : undefined;
  return {
    kind: 'http',
    ...known,
    method: exchange.message.method,
    start: clock.wall(start),
    total: end - start,
    ...(dns > 0 && { dns }),
    ...(connecting > 0 && { connect: connecting }),
    ...(tls > 0 && { tls }),
    ...(written > 0 && { sent: written - start }),
    ...(firstByte > 0 && { answered: firstByte - start }),
    status,
    phase: exchange.phase,
    initiator: causes[known.cause].initiator,
    message: failure?.message ?? '',
    ...(errno !== undefined && { errno }),
    ...(failure?.syscall !== undefined && { syscall: failure.syscall }),
    ...(errno === 'ECONNRESET' && failure?.syscall !== undefined
      ? { wire: 'rst' as const }
      : errno === 'UND_ERR_SOCKET' && { wire: 'fin' as const }),
    ...(code !== undefined && { bodyCode: code }),
    ...traced(answerFacts(exchange.rawHeaders, attempts.idHeaders), traceparentOf(exchange)),
    ...(idleMs !== undefined && { reusedAfter: idleMs }),
    bytesOut: exchange.message.body?.length ?? 0,
    bytesIn: exchange.bodyBytes,
  };
}

function traceparentOf({ message: { headers } }: Exchange): string | undefined {
  for (let index = 0; index < headers.length; index += 2) {
    if (headers[index]?.toLowerCase() === 'traceparent') return headers[index + 1];
  }
  return undefined;
}

function textOf({ chunks, bodyBytes }: Exchange): string {
  if (chunks.length === 0 || bodyBytes > limits.attemptBodyBytes) return '';
  return Buffer.concat(chunks).toString();
}
