/** Turns what Node, OpenSSL and ws report into what really happened, and into k6's error codes. */
import { ErrorCode } from '../../../runtime/contract/error-codes.ts';
import type { Cause } from '../../attempts/cause.ts';
import { formatDuration } from '../../duration.ts';
import { limits } from '../../limits.ts';
import { ForbiddenError } from '../names.ts';
import type { TimedPhase } from './session-terms.ts';

export interface Fault {
  /** For people: what happened, with addresses and times. */
  message: string;
  /** For the `error` tag: the same few words every time, so that series stay few. */
  tag: string;
  code: number;
  /** HTTP status of a refused upgrade, else 0. */
  status: number;
  cause: Cause;
  /** The system's word and the call that failed, where there was one. */
  errno?: string | undefined;
  syscall?: string | undefined;
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

const make = (
  cause: Cause,
  message: string,
  code: number,
  tag: string = message,
  status = 0,
): Fault => ({ cause, message, tag, code, status });

export function refusalFault(status: number, statusText: string): Fault {
  const words = `${status} ${statusText}`.trim();
  const code = status >= 400 ? 1000 + status : ErrorCode.other;
  const cause = status >= 400 ? 'status' : 'not-upgraded';
  return make(cause, `upgrade refused: ${words}`, code, `upgrade refused: ${status}`, status);
}

const waitingFor: Record<DialPhase, string> = {
  connect: 'the TCP connection',
  tls: 'the TLS handshake',
  upgrade: 'the answer to the upgrade',
};

export function timeoutFault(ms: number, phase: DialPhase): Fault {
  return make(
    phase === 'connect' ? 'connect-timeout' : 'timeout',
    `handshake timed out after ${formatDuration(ms)} waiting for ${waitingFor[phase]}`,
    phase === 'connect' ? ErrorCode.dialTimeout : ErrorCode.timeout,
    `handshake timed out (${phase})`,
  );
}

const awaited: Record<TimedPhase, string> = {
  dns: 'the address of the host',
  connect: 'the TCP connection',
  tls: 'the end of the TLS handshake',
  upgrade: 'an answer to the upgrade',
  firstMessage: 'a message',
};

/** One of a session's own times has passed. */
export function phaseTimeoutFault(ms: number, phase: TimedPhase): Fault {
  const isDial = phase === 'dns' || phase === 'connect';
  return make(
    isDial ? 'connect-timeout' : 'timeout',
    `timeouts.${phase} of ${formatDuration(ms)} passed without ${awaited[phase]}`,
    isDial ? ErrorCode.dialTimeout : ErrorCode.timeout,
    `timeouts.${phase} passed`,
  );
}

export function pongTimeoutFault(ms: number): Fault {
  return make(
    'pong-timeout',
    `ping.timeout of ${formatDuration(ms)} passed without a pong`,
    ErrorCode.timeout,
    'ping.timeout passed',
  );
}

export function givenUpFault(by: string, cause: Cause): Fault {
  return make(cause, `closed by ${by} before the connection was established`, ErrorCode.other);
}

/** Nothing was dialled: `why` says what was missing. */
export function notDialledFault(why: string): Fault {
  return make('other', why, ErrorCode.other, 'not dialled');
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
  if (thrown instanceof ForbiddenError) {
    return make('forbidden', thrown.message, thrown.errorCode, thrown.tag);
  }
  // A name with several addresses fails with one error for each; the last attempt speaks for all.
  const errors = (thrown as Partial<AggregateError>).errors as SystemError[] | undefined;
  const error: SystemError = errors?.at(-1) ?? thrown;
  const { code: errno, syscall } = error;
  return { ...systemFault(error, phase, answered), errno, syscall };
}

function systemFault(error: SystemError, phase: DialPhase, answered: boolean): Fault {
  const code = error.code ?? '';
  const where = error.address === undefined ? '' : ` ${address(error)}`;
  const seen = `(${code}${where})`;
  switch (code) {
    case 'ECONNREFUSED':
      return make(
        'connection-refused',
        `connection refused ${seen}`,
        ErrorCode.dialRefused,
        'dial: connection refused',
      );
    case 'ENOTFOUND': {
      const text = `no such host "${error.hostname ?? ''}" (${code})`;
      return make('name-not-found', text, ErrorCode.dnsNoSuchHost, 'lookup: no such host');
    }
    case 'EAI_AGAIN': {
      const text = `the name "${error.hostname ?? ''}" could not be looked up for now (${code})`;
      return make('name-lookup-failed', text, ErrorCode.dns, 'lookup: no answer');
    }
    case 'ETIMEDOUT':
      return make(
        'connect-unanswered',
        `connecting timed out ${seen}`,
        ErrorCode.dialTimeout,
        'dial: i/o timeout',
      );
    case 'EADDRNOTAVAIL':
      return make(
        error.syscall === 'bind' ? 'bad-local-address' : 'no-local-port',
        `no local address or port to connect from ${seen}; free ports or add localIPs`,
        ErrorCode.dial,
        'dial: no local address or port',
      );
    case 'EMFILE':
    case 'ENFILE':
      return make(
        'too-many-open-files',
        `too many open files ${seen}; raise the limit of this machine (ulimit -n)`,
        ErrorCode.dial,
        'dial: too many open files',
      );
    case 'EPIPE':
      return make(
        'broken-pipe',
        `the peer closed while we wrote (EPIPE)`,
        ErrorCode.tcpBrokenPipe,
        'write: broken pipe',
      );
    case 'ECONNRESET':
      return resetFault(error, phase);
    case 'ERR_TLS_CERT_ALTNAME_INVALID': {
      const text = `the certificate is for another host: ${error.reason ?? error.message}`;
      return make(
        'certificate-name',
        text,
        ErrorCode.tlsHostname,
        "x509: certificate doesn't match hostname",
      );
    }
    case 'CERT_HAS_EXPIRED':
    case 'CERT_NOT_YET_VALID':
      return make(
        'certificate-date',
        `the certificate is not valid now: ${error.message} (${code})`,
        ErrorCode.tls,
        code,
      );
    default:
  }
  if (unknownAuthority.has(code)) {
    const text = `the certificate is not from a known authority: ${error.message} (${code})`;
    return make(
      'certificate-untrusted',
      text,
      ErrorCode.tlsUnknownAuthority,
      'x509: unknown authority',
    );
  }
  if (code.startsWith('ERR_SSL') || code === 'EPROTO') {
    // OpenSSL wraps its reason in numbers and file names: "…:SSL routines:function:reason:file:line:".
    const reason = /SSL routines:[^:]*:([^:]+)/.exec(error.message)?.[1] ?? error.message;
    if (/wrong version number|packet length too long/i.test(reason)) {
      const text = `the peer does not speak TLS (${reason})`;
      return make(
        'not-tls',
        text,
        ErrorCode.tlsBadRecord,
        'tls: first record does not look like a TLS handshake',
      );
    }
    return make(
      'tls-failed',
      `the TLS handshake failed: ${reason}`,
      ErrorCode.tls,
      `tls: ${reason}`,
    );
  }
  if (code.startsWith('HPE_')) {
    return make(
      'not-http',
      `the peer's answer is not HTTP: ${error.message} (${code})`,
      ErrorCode.other,
      code,
    );
  }
  if (answered) {
    const text = `the answer to the upgrade is wrong: ${error.message}`;
    return make('bad-upgrade', text, ErrorCode.other);
  }
  const known = code === '' || error.message.includes(code) ? '' : ` (${code})`;
  const dial = error.syscall === 'connect' ? ErrorCode.dialUnknown : ErrorCode.other;
  const cause = unlisted[code] ?? 'other';
  return make(cause, `${error.message}${known}`, dial, code === '' ? error.message : code);
}

/** Errors of the system that need no words of their own. */
const unlisted: Readonly<Record<string, Cause>> = {
  EADDRINUSE: 'no-local-port',
  EHOSTUNREACH: 'unreachable',
  ENETUNREACH: 'unreachable',
  ENOBUFS: 'out-of-memory',
  ENOMEM: 'out-of-memory',
};

function resetFault(error: SystemError, phase: DialPhase): Fault {
  // Node says ECONNRESET for both ways to go; only a real reset comes from a system call.
  if (error.syscall !== undefined) {
    const during = phase === 'tls' ? 'during the TLS handshake' : 'before it answered the upgrade';
    const text = `connection reset by the peer ${during} (RST)`;
    const cause = {
      connect: 'reset-while-connecting',
      tls: 'tls-reset',
      upgrade: 'reset-before-answer',
    } as const;
    return make(cause[phase], text, ErrorCode.tcpReset, 'read: connection reset by peer');
  }
  return phase === 'tls'
    ? make(
        'tls-closed',
        'the peer closed the connection during the TLS handshake (FIN)',
        ErrorCode.tls,
      )
    : make(
        'closed-before-answer',
        'the peer closed the connection before it answered the upgrade (FIN)',
        ErrorCode.other,
      );
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
    return make('message-too-large', text, ErrorCode.other);
  }
  const message = error.message.replace(/^Invalid WebSocket frame: /, '');
  // The message holds what the peer sent; the code is one of a few.
  const tag = `the peer broke the protocol (${code})`;
  return make(
    'broken-protocol',
    `the peer broke the protocol: ${message} (${code})`,
    ErrorCode.other,
    tag,
  );
}

/** An open connection that ended without a close frame: ws reports all of these as 1006. */
export function lossFault({ fin, errno, closing }: Loss): Fault {
  if (errno === 'ECONNRESET' || errno === 'EPIPE') {
    const text = 'connection reset by the peer (RST)';
    return make('lost-rst', text, ErrorCode.tcpReset, 'read: connection reset by peer');
  }
  if (fin) {
    const text = 'the peer closed the TCP connection without a close frame (FIN)';
    return make('lost-fin', text, ErrorCode.other);
  }
  if (errno !== undefined) {
    return make('lost', `the connection was lost (${errno})`, ErrorCode.tcp);
  }
  const text = closing
    ? `the peer did not answer the close frame within ${formatDuration(limits.wsCloseMs)}; cut off here`
    : 'cut off here: the peer sent pings faster than it read the pongs';
  return make(closing ? 'close-unanswered' : 'ping-flood', text, ErrorCode.other);
}
