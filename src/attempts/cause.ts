/**
 * How an attempt can end, each in a word of its own. One table for HTTP and WebSocket, so that the same
 * thing has the same name wherever it happens.
 */

/** Who brought the end about: our own timer, limit or call; the other side; neither. */
export type Initiator = 'local' | 'peer' | 'unknown';

/** How far an attempt had come when it ended. */
export type Phase =
  | 'dns'
  | 'connect'
  | 'tls'
  /** The request is being written. */
  | 'send'
  /** The request is out (HTTP), and nothing has come back. */
  | 'wait'
  /** The answer is coming in. */
  | 'receive'
  /** The upgrade is asked for, and not answered. */
  | 'upgrade'
  | 'open'
  /** A close frame was sent or has come. */
  | 'closing'
  /** All there was to do was done. */
  | 'done';

interface Meaning {
  /** For people, after "300 × ": what happened. */
  words: string;
  initiator: Initiator;
  /** Whether it counts as a failure; `status` and `closed` depend on the number they carry. */
  failed: boolean;
}

const meaning = (words: string, initiator: Initiator, failed = true): Meaning => ({
  words,
  initiator,
  failed,
});

export const causes = {
  // as it should be, or as the peer said
  answered: meaning('answered', 'peer', false),
  'closed-by-us': meaning('closed by the script', 'local', false),
  'closed-by-peer': meaning('closed by the peer', 'peer', false),
  status: meaning('answered with an error status', 'peer'),

  // before there was a connection
  'name-not-found': meaning('no such host', 'unknown'),
  'name-lookup-failed': meaning('the name could not be looked up', 'unknown'),
  forbidden: meaning('forbidden by an option', 'local'),
  'connection-refused': meaning('connection refused', 'peer'),
  unreachable: meaning('host or network unreachable', 'unknown'),
  'connect-timeout': meaning('our dial timeout passed', 'local'),
  'connect-unanswered': meaning('no answer to the connection attempt', 'peer'),
  'no-local-port': meaning('no local port left to connect from', 'local'),
  'bad-local-address': meaning('the local address cannot be used', 'local'),
  'too-many-open-files': meaning('too many open files on this machine', 'local'),
  'out-of-memory': meaning('this machine has no memory for sockets left', 'local'),
  'reset-while-connecting': meaning('reset while connecting', 'peer'),

  // TLS
  'not-tls': meaning('the peer does not speak TLS', 'peer'),
  'certificate-untrusted': meaning('the certificate is not from a known authority', 'peer'),
  'certificate-name': meaning('the certificate is for another host', 'peer'),
  'certificate-date': meaning('the certificate is not valid now', 'peer'),
  'tls-failed': meaning('the TLS handshake failed', 'peer'),
  'tls-closed': meaning('closed during the TLS handshake (FIN)', 'peer'),
  'tls-reset': meaning('reset during the TLS handshake (RST)', 'peer'),

  // before or while an answer came
  timeout: meaning('our own timeout passed', 'local'),
  'closed-before-answer': meaning('closed before the answer (FIN)', 'peer'),
  'reset-before-answer': meaning('reset before the answer (RST)', 'peer'),
  'stale-connection': meaning('the idle connection was closed as we used it', 'peer'),
  'broken-pipe': meaning('the peer closed while we wrote', 'peer'),
  'cut-answer': meaning('the answer ended too early', 'peer'),
  'not-http': meaning('the answer is not HTTP', 'peer'),
  'not-upgraded': meaning('answered without upgrading', 'peer'),
  'bad-upgrade': meaning('the answer to the upgrade is wrong', 'peer'),
  'answer-too-large': meaning('the answer is larger than our limit', 'local'),
  'undecodable-answer': meaning('the answer could not be decoded', 'peer'),

  // an open WebSocket
  'lost-fin': meaning('lost: closed without a close frame (FIN)', 'peer'),
  'lost-rst': meaning('lost: reset (RST)', 'peer'),
  lost: meaning('lost: the socket failed', 'unknown'),
  'broken-protocol': meaning('the peer broke the WebSocket protocol', 'peer'),
  'message-too-large': meaning('the peer sent a message larger than our limit', 'local'),
  'pong-timeout': meaning('no pong within our ping timeout', 'local'),
  'close-unanswered': meaning('our close frame was not answered', 'local'),
  'ping-flood': meaning('the peer sent pings faster than it read the pongs', 'local'),

  // our own doing
  'given-up': meaning('given up by the script', 'local', false),
  'iteration-ended': meaning('ended with its iteration', 'local', false),
  'vu-ended': meaning('ended with its virtual user', 'local', false),
  'shard-lost': meaning('lost with its shard', 'local'),
  other: meaning('failed', 'unknown'),
} as const satisfies Record<string, Meaning>;

export type Cause = keyof typeof causes;
