/** Turns what Node, OpenSSL and ws report into what really happened, and into k6's error codes. */
import { ErrorCode } from '../../../runtime/contract/error-codes.ts';
import { formatDuration } from '../../duration.ts';
import { limits } from '../../limits.ts';
import { ForbiddenError } from '../names.ts';

export interface Fault {
  /** For people: what happened, with addresses and times. */
  message: string;
  /** For the `error` tag: the same few words every time, so that series stay few. */
  tag: string;
  code: number;
  /** HTTP status of a refused upgrade, else 0. */
  status: number;
}

/** How far an attempt had come. */
export type DialPhase = 'connect' | 'tls' | 'upgrade';

/** How an open connection was lost, as far as the raw socket and we ourselves know. */
export interface Loss {
  /** The peer ended its side of the TCP connection. */
  fin: boolean;
  /** The error of the socket, if it had one. */
  errno: string | undefined;
  /** We had sent a close frame. */
  closing: boolean;
}

type SystemError = Error & {
  code?: string;
  syscall?: string;
  address?: string;
  port?: number;
  hostname?: string;
  reason?: string;
};

const make = (message: string, code: number, tag: string = message, status = 0): Fault => ({
  message,
  tag,
  code,
  status,
});

export function refusalFault(status: number, statusText: string): Fault {
  const words = `${status} ${statusText}`.trim();
  const code = status >= 400 ? 1000 + status : ErrorCode.other;
  return make(`upgrade refused: ${words}`, code, `upgrade refused: ${status}`, status);
}

const waitingFor: Record<DialPhase, string> = {
  connect: 'the TCP connection',
  tls: 'the TLS handshake',
  upgrade: 'the answer to the upgrade',
};

export function timeoutFault(ms: number, phase: DialPhase): Fault {
  return make(
    `handshake timed out after ${formatDuration(ms)} waiting for ${waitingFor[phase]}`,
    phase === 'connect' ? ErrorCode.dialTimeout : ErrorCode.timeout,
    `handshake timed out (${phase})`,
  );
}

export function givenUpFault(by: string): Fault {
  return make(`closed by ${by} before the connection was established`, ErrorCode.other);
}

const unknownAuthority = new Set([
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'CERT_UNTRUSTED',
]);

/** A failure before the connection was open. `answered` is true when the peer had said 101. */
export function dialFault(thrown: Error, phase: DialPhase, answered: boolean): Fault {
  if (thrown instanceof ForbiddenError) return make(thrown.message, thrown.errorCode, thrown.tag);
  // A name with several addresses fails with one error for each; the last attempt speaks for all.
  const errors = (thrown as Partial<AggregateError>).errors as SystemError[] | undefined;
  const error: SystemError = errors?.at(-1) ?? thrown;
  const code = error.code ?? '';
  const where = error.address === undefined ? '' : ` ${address(error)}`;
  const seen = `(${code}${where})`;
  switch (code) {
    case 'ECONNREFUSED':
      return make(`connection refused ${seen}`, ErrorCode.dialRefused, 'dial: connection refused');
    case 'ENOTFOUND': {
      const text = `no such host "${error.hostname ?? ''}" (${code})`;
      return make(text, ErrorCode.dnsNoSuchHost, 'lookup: no such host');
    }
    case 'EAI_AGAIN': {
      const text = `the name "${error.hostname ?? ''}" could not be looked up for now (${code})`;
      return make(text, ErrorCode.dns, 'lookup: no answer');
    }
    case 'ETIMEDOUT':
      return make(`connecting timed out ${seen}`, ErrorCode.dialTimeout, 'dial: i/o timeout');
    case 'EADDRNOTAVAIL':
      return make(
        `no local address or port to connect from ${seen}; free ports or add localIPs`,
        ErrorCode.dial,
        'dial: no local address or port',
      );
    case 'EMFILE':
    case 'ENFILE':
      return make(
        `too many open files ${seen}; raise the limit of this machine (ulimit -n)`,
        ErrorCode.dial,
        'dial: too many open files',
      );
    case 'EPIPE':
      return make(
        `the peer closed while we wrote (EPIPE)`,
        ErrorCode.tcpBrokenPipe,
        'write: broken pipe',
      );
    case 'ECONNRESET':
      return resetFault(error, phase);
    case 'ERR_TLS_CERT_ALTNAME_INVALID': {
      const text = `the certificate is for another host: ${error.reason ?? error.message}`;
      return make(text, ErrorCode.tlsHostname, "x509: certificate doesn't match hostname");
    }
    case 'CERT_HAS_EXPIRED':
    case 'CERT_NOT_YET_VALID':
      return make(
        `the certificate is not valid now: ${error.message} (${code})`,
        ErrorCode.tls,
        code,
      );
    default:
  }
  if (unknownAuthority.has(code)) {
    const text = `the certificate is not from a known authority: ${error.message} (${code})`;
    return make(text, ErrorCode.tlsUnknownAuthority, 'x509: unknown authority');
  }
  if (code.startsWith('ERR_SSL') || code === 'EPROTO') {
    // OpenSSL wraps its reason in numbers and file names: "…:SSL routines:function:reason:file:line:".
    const reason = /SSL routines:[^:]*:([^:]+)/.exec(error.message)?.[1] ?? error.message;
    if (/wrong version number|packet length too long/i.test(reason)) {
      const text = `the peer does not speak TLS (${reason})`;
      return make(
        text,
        ErrorCode.tlsBadRecord,
        'tls: first record does not look like a TLS handshake',
      );
    }
    return make(`the TLS handshake failed: ${reason}`, ErrorCode.tls, `tls: ${reason}`);
  }
  if (code.startsWith('HPE_')) {
    return make(`the peer's answer is not HTTP: ${error.message} (${code})`, ErrorCode.other, code);
  }
  if (answered) {
    const text = `the answer to the upgrade is wrong: ${error.message}`;
    return make(text, ErrorCode.other);
  }
  const known = code === '' || error.message.includes(code) ? '' : ` (${code})`;
  const dial = error.syscall === 'connect' ? ErrorCode.dialUnknown : ErrorCode.other;
  return make(`${error.message}${known}`, dial, code === '' ? error.message : code);
}

function resetFault(error: SystemError, phase: DialPhase): Fault {
  // Node says ECONNRESET for both ways to go; only a real reset comes from a system call.
  if (error.syscall !== undefined) {
    const during = phase === 'tls' ? 'during the TLS handshake' : 'before it answered the upgrade';
    const text = `connection reset by the peer ${during} (RST)`;
    return make(text, ErrorCode.tcpReset, 'read: connection reset by peer');
  }
  return phase === 'tls'
    ? make('the peer closed the connection during the TLS handshake (FIN)', ErrorCode.tls)
    : make('the peer closed the connection before it answered the upgrade (FIN)', ErrorCode.other);
}

function address(error: SystemError): string {
  const host = error.address?.includes(':') ? `[${error.address}]` : error.address;
  return error.port === undefined ? String(host) : `${host}:${error.port}`;
}

/** An error of ws on an open connection: the peer's frames broke a rule or a limit. */
export function frameFault(error: SystemError): Fault {
  const code = error.code ?? '';
  if (code === 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH') {
    const text = `the peer sent a message larger than ${limits.wsMessageBytes} bytes (1009)`;
    return make(text, ErrorCode.other);
  }
  const message = error.message.replace(/^Invalid WebSocket frame: /, '');
  // The message holds what the peer sent; the code is one of a few.
  const tag = `the peer broke the protocol (${code})`;
  return make(`the peer broke the protocol: ${message} (${code})`, ErrorCode.other, tag);
}

/** An open connection that ended without a close frame: ws reports all of these as 1006. */
export function lossFault({ fin, errno, closing }: Loss): Fault {
  if (errno === 'ECONNRESET' || errno === 'EPIPE') {
    const text = 'connection reset by the peer (RST)';
    return make(text, ErrorCode.tcpReset, 'read: connection reset by peer');
  }
  if (fin) {
    const text = 'the peer closed the TCP connection without a close frame (FIN)';
    return make(text, ErrorCode.other);
  }
  if (errno !== undefined) return make(`the connection was lost (${errno})`, ErrorCode.tcp);
  const text = closing
    ? `the peer did not answer the close frame within ${formatDuration(limits.wsCloseMs)}; cut off here`
    : 'cut off here: the peer sent pings faster than it read the pongs';
  return make(text, ErrorCode.other);
}
