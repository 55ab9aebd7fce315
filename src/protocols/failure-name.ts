import type { Cause } from '../attempts/cause.ts';
import type { FailureName } from '../citizen/backoff.ts';

const names: Partial<Record<Cause, FailureName>> = {
  'connection-refused': 'ECONNREFUSED',
  'connect-timeout': 'ETIMEDOUT',
  'connect-unanswered': 'ETIMEDOUT',
  'reset-while-connecting': 'ECONNRESET',
  'tls-reset': 'ECONNRESET',
  'reset-before-answer': 'ECONNRESET',
  'broken-pipe': 'EPIPE',
  'name-not-found': 'ENOTFOUND',
  'tls-closed': 'EOF',
  'closed-before-answer': 'EOF',
  'stale-connection': 'EOF',
  'cut-answer': 'EOF',
  timeout: 'TIMEOUT',
};

/** The name by which a backoff policy knows how an attempt failed, or undefined when it knows none. */
export function failureNameOf(cause: Cause | undefined): FailureName | undefined {
  return cause === undefined ? undefined : names[cause];
}
