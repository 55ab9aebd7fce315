import { ErrorCode } from '../../../runtime/contract/error-codes.ts';
import { messageOf } from '../../errors.ts';
import { limits } from '../../limits.ts';
import { ForbiddenError } from '../names.ts';

/** Why a request has no valid response: k6's number and k6's words. */
export class Failure extends Error {
  override readonly name = 'Failure';
  readonly code: number;
  /** What the log says where it knows more than the script is told. */
  readonly detail: string;
  constructor(code: number, text: string, detail: string = text) {
    super(text);
    this.code = code;
    this.detail = detail;
  }
}

/** The request was given up by the script (AbortSignal). */
export function abortedFailure(): Failure {
  return new Failure(ErrorCode.other, 'request aborted');
}
export function timeoutFailure(): Failure {
  return new Failure(ErrorCode.timeout, 'request timeout');
}
export function dialTimeoutFailure(): Failure {
  return new Failure(ErrorCode.dialTimeout, 'dial: i/o timeout');
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
 * from one that never came.
 */
export function classify(thrown: unknown, headersSeen: boolean): Failure {
  if (thrown instanceof Failure) return thrown;
  if (thrown instanceof ForbiddenError) {
    return new Failure(thrown.errorCode, thrown.tag, thrown.message);
  }
  const error = thrown as NodeJS.ErrnoException;
  const code = typeof error?.code === 'string' ? error.code : '';
  const message = messageOf(thrown).slice(0, messageLengthMax);
  const eof = (): Failure => new Failure(ErrorCode.other, headersSeen ? 'unexpected EOF' : 'EOF');

  if (code === 'ENOTFOUND') return new Failure(ErrorCode.dnsNoSuchHost, 'lookup: no such host');
  if (error?.syscall === 'getaddrinfo') return new Failure(ErrorCode.dns, `lookup: ${message}`);
  if (error?.syscall === 'connect' || error instanceof AggregateError) {
    if (code === 'ECONNREFUSED') {
      return new Failure(ErrorCode.dialRefused, 'dial: connection refused');
    }
    if (code === 'ETIMEDOUT') return dialTimeoutFailure();
    const errno = Math.abs((error as NodeJS.ErrnoException).errno ?? 0);
    return new Failure(
      ErrorCode.dialUnknown,
      `dial: unknown errno ${errno} error with msg \`${code}: ${message}\``,
    );
  }
  if (code === 'ECONNRESET') {
    // Node says the same when the peer leaves in the middle of the TLS handshake, without a system call.
    return error.syscall === undefined
      ? eof()
      : new Failure(ErrorCode.tcpReset, 'read: connection reset by peer');
  }
  if (code === 'EPIPE') return new Failure(ErrorCode.tcpBrokenPipe, 'write: broken pipe');
  if (code === 'UND_ERR_SOCKET') {
    return message === 'bad upgrade'
      ? new Failure(ErrorCode.other, 'unsupported response status: 101 Switching Protocols')
      : message === 'bad response'
        ? new Failure(ErrorCode.other, 'malformed HTTP response')
        : eof();
  }
  if (code === 'UND_ERR_RES_CONTENT_LENGTH_MISMATCH' || code === 'HPE_INVALID_EOF_STATE') {
    return new Failure(ErrorCode.other, 'unexpected EOF');
  }
  if (code === 'UND_ERR_HEADERS_OVERFLOW') {
    return new Failure(
      ErrorCode.other,
      `response headers are larger than ${limits.responseHeaderBytes} bytes`,
    );
  }
  if (code.startsWith('HPE_') || error?.name === 'HTTPParserError') {
    return new Failure(ErrorCode.other, `malformed HTTP response: ${message}`);
  }
  // Some malformed answers (status 000) break an assertion of the parser.
  if (code === 'ERR_ASSERTION') return new Failure(ErrorCode.other, 'malformed HTTP response');
  if (unknownAuthority.has(code)) {
    return new Failure(ErrorCode.tlsUnknownAuthority, 'x509: unknown authority');
  }
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') {
    return new Failure(ErrorCode.tlsHostname, "x509: certificate doesn't match hostname");
  }
  if (badRecord.has(code)) {
    return new Failure(
      ErrorCode.tlsBadRecord,
      'tls: first record does not look like a TLS handshake',
    );
  }
  if (code.startsWith('ERR_SSL_') || code.startsWith('ERR_TLS_') || code.startsWith('CERT_')) {
    return new Failure(ErrorCode.tls, `tls: ${code}: ${message}`);
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
