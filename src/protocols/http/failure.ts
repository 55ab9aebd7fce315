import { ErrorCode } from '../../../runtime/contract/error-codes.ts';
import type { Cause, Phase } from '../../attempts/cause.ts';
import { messageOf } from '../../errors.ts';
import { limits } from '../../limits.ts';
import { ForbiddenError } from '../names.ts';

/** Why a request has no valid response: k6's number and k6's words. */
export class Failure extends Error {
  override readonly name = 'Failure';
  readonly code: number;
  /** What the log says where it knows more than the script is told. */
  readonly detail: string;
  /** What it was, for the record of the attempt. */
  readonly why: Cause;
  /** The system's word and the call that failed, where there was one. */
  errno: string | undefined;
  syscall: string | undefined;
  constructor(code: number, text: string, detail: string = text, why: Cause = 'other') {
    super(text);
    this.code = code;
    this.detail = detail;
    this.why = why;
  }
}

const make = (why: Cause, code: number, text: string, detail: string = text): Failure =>
  new Failure(code, text, detail, why);

/** The request was given up by the script (AbortSignal). */
export function abortedFailure(): Failure {
  return make('given-up', ErrorCode.other, 'request aborted');
}
/** The iteration it belonged to is over. */
export function droppedFailure(): Failure {
  return make('iteration-ended', ErrorCode.other, 'request aborted');
}
export function timeoutFailure(): Failure {
  return make('timeout', ErrorCode.timeout, 'request timeout');
}
export function dialTimeoutFailure(): Failure {
  return make('connect-timeout', ErrorCode.dialTimeout, 'dial: i/o timeout');
}

const unknownAuthority = new Set([
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
]);
const badRecord = new Set([
  'ERR_SSL_WRONG_VERSION_NUMBER',
  'ERR_SSL_PACKET_LENGTH_TOO_LONG',
  'ERR_SSL_HTTP_REQUEST',
  'ERR_SSL_UNEXPECTED_MESSAGE',
]);
const messageLengthMax = 400;

/**
 * Sorts whatever undici, net or tls threw into k6's table. `headersSeen` tells a response that was cut
 * from one that never came, and `phase` says how far the attempt had come.
 */
export function classify(thrown: unknown, headersSeen: boolean, phase: Phase): Failure {
  if (thrown instanceof Failure) return thrown;
  if (thrown instanceof ForbiddenError) {
    return make('forbidden', thrown.errorCode, thrown.tag, thrown.message);
  }
  const { code, syscall } = thrown as NodeJS.ErrnoException;
  const failure =
    phase === 'tls' && code === 'ECONNRESET'
      ? leftInTls(syscall !== undefined)
      : sort(thrown, headersSeen);
  failure.errno = code;
  failure.syscall = syscall;
  return failure;
}

/** k6's words do not tell the handshake from what follows; the record does. */
function leftInTls(byReset: boolean): Failure {
  return byReset
    ? make('tls-reset', ErrorCode.tcpReset, 'read: connection reset by peer')
    : make('tls-closed', ErrorCode.other, 'EOF');
}

/** Errors of a dial that go by the system's word. */
const dialCauses: Readonly<Record<string, Cause>> = {
  EADDRINUSE: 'no-local-port',
  EADDRNOTAVAIL: 'no-local-port',
  ECONNRESET: 'reset-while-connecting',
  EHOSTUNREACH: 'unreachable',
  EMFILE: 'too-many-open-files',
  ENETUNREACH: 'unreachable',
  ENFILE: 'too-many-open-files',
  ENOBUFS: 'out-of-memory',
  ENOMEM: 'out-of-memory',
};

function sort(thrown: unknown, headersSeen: boolean): Failure {
  const error = thrown as NodeJS.ErrnoException;
  const code = typeof error?.code === 'string' ? error.code : '';
  const message = messageOf(thrown).slice(0, messageLengthMax);
  const eof = (): Failure =>
    headersSeen
      ? make('cut-answer', ErrorCode.other, 'unexpected EOF')
      : make('closed-before-answer', ErrorCode.other, 'EOF');

  if (code === 'ENOTFOUND')
    return make('name-not-found', ErrorCode.dnsNoSuchHost, 'lookup: no such host');
  if (error?.syscall === 'getaddrinfo') {
    // Looking up a name opens files, too.
    const why = dialCauses[code] ?? 'name-lookup-failed';
    return make(why, ErrorCode.dns, `lookup: ${message}`);
  }
  if (error?.syscall === 'bind') {
    return make('bad-local-address', ErrorCode.dialUnknown, `dial: ${code}: ${message}`);
  }
  if (error?.syscall === 'connect' || error instanceof AggregateError) {
    if (code === 'ECONNREFUSED') {
      return make('connection-refused', ErrorCode.dialRefused, 'dial: connection refused');
    }
    if (code === 'ETIMEDOUT') {
      return make('connect-unanswered', ErrorCode.dialTimeout, 'dial: i/o timeout');
    }
    const errno = Math.abs((error as NodeJS.ErrnoException).errno ?? 0);
    return make(
      dialCauses[code] ?? 'other',
      ErrorCode.dialUnknown,
      `dial: unknown errno ${errno} error with msg \`${code}: ${message}\``,
    );
  }
  if (code === 'ECONNRESET') {
    // Node says the same when the peer leaves in the middle of the TLS handshake, without a system call.
    return error.syscall === undefined
      ? eof()
      : make(
          headersSeen ? 'cut-answer' : 'reset-before-answer',
          ErrorCode.tcpReset,
          'read: connection reset by peer',
        );
  }
  if (code === 'EPIPE') return make('broken-pipe', ErrorCode.tcpBrokenPipe, 'write: broken pipe');
  if (code === 'UND_ERR_SOCKET') {
    return message === 'bad upgrade'
      ? make('not-http', ErrorCode.other, 'unsupported response status: 101 Switching Protocols')
      : message === 'bad response'
        ? make('not-http', ErrorCode.other, 'malformed HTTP response')
        : eof();
  }
  if (code === 'UND_ERR_RES_CONTENT_LENGTH_MISMATCH' || code === 'HPE_INVALID_EOF_STATE') {
    return make('cut-answer', ErrorCode.other, 'unexpected EOF');
  }
  if (code === 'UND_ERR_HEADERS_OVERFLOW') {
    return make(
      'answer-too-large',
      ErrorCode.other,
      `response headers are larger than ${limits.responseHeaderBytes} bytes`,
    );
  }
  if (code.startsWith('HPE_') || error?.name === 'HTTPParserError') {
    return make('not-http', ErrorCode.other, `malformed HTTP response: ${message}`);
  }
  // Some malformed answers (status 000) break an assertion of the parser.
  if (code === 'ERR_ASSERTION') {
    return make('not-http', ErrorCode.other, 'malformed HTTP response');
  }
  if (unknownAuthority.has(code)) {
    return make('certificate-untrusted', ErrorCode.tlsUnknownAuthority, 'x509: unknown authority');
  }
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') {
    return make(
      'certificate-name',
      ErrorCode.tlsHostname,
      "x509: certificate doesn't match hostname",
    );
  }
  if (badRecord.has(code)) {
    return make(
      'not-tls',
      ErrorCode.tlsBadRecord,
      'tls: first record does not look like a TLS handshake',
    );
  }
  if (code.startsWith('ERR_SSL_') || code.startsWith('ERR_TLS_') || code.startsWith('CERT_')) {
    const why = code.startsWith('CERT_') ? 'certificate-date' : 'tls-failed';
    return make(why, ErrorCode.tls, `tls: ${code}: ${message}`);
  }
  if (error?.syscall !== undefined && typeof error.errno === 'number') {
    const errno = Math.abs(error.errno);
    return new Failure(
      ErrorCode.tcpUnknown,
      `${error.syscall}: unknown errno \`${errno}\` on ${process.platform} with message \`${message}\``,
    );
  }
  return new Failure(ErrorCode.other, message === '' ? 'unknown error' : message);
}
