/** How a client waits between attempts: pure arithmetic, polite unless a script asks for the opposite. */
import { GuestError } from '../errors.ts';
import { limits } from '../limits.ts';
import { Given, shown } from './given.ts';

export const backoffKinds = [
  'fullJitter',
  'equalJitter',
  'decorrelated',
  'exponential',
  'fixed',
  'none',
] as const;
export type BackoffKind = (typeof backoffKinds)[number];

export interface RetryPolicy {
  kind: BackoffKind;
  baseMs: number;
  /** The longest wait of the policy's own, without what the server asks for. */
  capMs: number;
  /** Retries of one operation. */
  max: number;
  honourRetryAfter: boolean;
  /** A server that asks for a longer wait is not asked again. */
  retryAfterCapMs: number;
  /** Retries per operation over all VUs; undefined for no bound. */
  budget: number | undefined;
  /** Statuses as text, and names of failures. */
  on: readonly string[];
  /** Methods in capitals, and WS for upgrades; undefined for those that may be repeated harmlessly. */
  methods: readonly string[] | undefined;
  /** `add` puts up to one `base` on top of an exponential wait. */
  jitter: 'none' | 'add';
}

/** Failures a policy can name. EOF: the peer closed without an answer; TIMEOUT: our own time limit. */
export const failureNames = [
  'ECONNRESET',
  'ECONNREFUSED',
  'ETIMEDOUT',
  'EPIPE',
  'ENOTFOUND',
  'EOF',
  'TIMEOUT',
] as const;
export type FailureName = (typeof failureNames)[number];

const onDefault = ['429', '502', '503', '504', 'ECONNRESET', 'ECONNREFUSED', 'ETIMEDOUT', 'EOF'];
/** Repeating one of these changes nothing more than sending it once (RFC 9110), nor does an upgrade. */
const harmless = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE', 'PUT', 'DELETE', 'WS']);

const options = [
  'base',
  'cap',
  'max',
  'honourRetryAfter',
  'retryAfterCap',
  'budget',
  'on',
  'methods',
  'jitter',
];

/**
 * The policy of a `backoff.*` call. `exponential` and `fixed` are there to play the clients that make
 * storms: by default they neither heed Retry-After nor keep to a budget.
 * Throws a `GuestError` naming the parameter.
 */
export function readBackoff(kind: string, given: unknown): RetryPolicy {
  if (!backoffKinds.includes(kind as BackoffKind)) {
    throw new GuestError(`there is no backoff '${kind}'`, 'TypeError');
  }
  const polite = kind !== 'exponential' && kind !== 'fixed';
  const known = kind === 'exponential' ? options : options.filter((name) => name !== 'jitter');
  const fields = new Given(`backoff.${kind}()`, given, known);
  const baseMs = fields.durationMs('base', kind === 'fixed' ? 500 : 1_000, Number.MIN_VALUE);
  const capMs = fields.durationMs('cap', Math.max(60_000, baseMs), Number.MIN_VALUE);
  if (capMs < baseMs) fields.refuse('cap', 'at least as long as base');
  return {
    kind: kind as BackoffKind,
    baseMs,
    capMs,
    max: kind === 'none' ? 0 : fields.wholeNumber('max', 5, 0, limits.retriesPerOperation),
    honourRetryAfter: fields.boolean('honourRetryAfter', polite),
    retryAfterCapMs: fields.durationMs('retryAfterCap', 180_000),
    budget: readBudget(fields, polite),
    on: readOn(fields),
    methods: readMethods(fields),
    jitter: fields.oneOf('jitter', ['none', 'add'], 'none'),
  };
}

function readBudget(fields: Given, polite: boolean): number | undefined {
  const value = fields.value('budget');
  if (value === false) return undefined;
  if (value === undefined) return polite ? 0.1 : undefined;
  if (typeof value !== 'number' || !(value >= 0 && value <= 100)) {
    fields.refuse('budget', 'retries per operation (0.1 is one in ten), or false for no bound');
  }
  return value;
}

function readOn(fields: Given): readonly string[] {
  const value = fields.value('on');
  if (value === undefined) return onDefault;
  const wanted = `a list of statuses and of ${failureNames.join(', ')}`;
  if (!Array.isArray(value) || value.length === 0 || value.length > 100)
    fields.refuse('on', wanted);
  return value.map((entry: unknown) => {
    const isStatus = Number.isInteger(entry) && (entry as number) >= 400 && (entry as number) < 600;
    if (!isStatus && !failureNames.includes(entry as FailureName)) {
      throw new GuestError(
        `backoff: on holds ${shown(entry)}; it takes statuses from 400 to 599 and ${failureNames.join(', ')}`,
        'TypeError',
      );
    }
    return String(entry);
  });
}

function readMethods(fields: Given): readonly string[] | undefined {
  const value = fields.value('methods');
  if (value === undefined) return undefined;
  const isList =
    Array.isArray(value) &&
    value.length > 0 &&
    value.length <= 20 &&
    value.every((entry) => typeof entry === 'string' && /^[A-Za-z]{1,20}$/.test(entry));
  if (!isList) fields.refuse('methods', "a list of methods such as ['GET', 'WS']");
  return (value as string[]).map((entry) => entry.toUpperCase());
}

/** Whether an operation may be sent again at all. `hasKey`: it carries an Idempotency-Key. */
export function mayRepeat(policy: RetryPolicy, method: string, hasKey: boolean): boolean {
  if (policy.methods !== undefined) return policy.methods.includes(method);
  return harmless.has(method) || hasKey;
}

/**
 * Milliseconds of the policy's own before retry number `attempt` (from 0). `previousMs` is its wait
 * before that one, 0 for the first; `random` gives numbers from 0 to below 1.
 */
export function ownWaitMs(
  policy: RetryPolicy,
  attempt: number,
  previousMs: number,
  random: () => number,
): number {
  const { baseMs, capMs } = policy;
  // Beyond 2^60 there is nothing a cap would not have cut.
  const ceiling = Math.min(capMs, baseMs * 2 ** Math.min(60, attempt));
  switch (policy.kind) {
    case 'fullJitter':
      return random() * ceiling;
    case 'equalJitter':
      return ceiling / 2 + (random() * ceiling) / 2;
    case 'decorrelated': {
      const top = Math.max(baseMs, previousMs * 3);
      return Math.min(capMs, baseMs + random() * (top - baseMs));
    }
    case 'exponential':
      return policy.jitter === 'add' ? ceiling + random() * baseMs : ceiling;
    case 'fixed':
      return baseMs;
    case 'none':
      return 0;
  }
}

const known = new Map<string, RetryPolicy>();

/** The policy in the text that `readBackoff` was made into; one object for equal texts. */
export function policyOf(text: unknown, what: string): RetryPolicy {
  const found = typeof text === 'string' ? known.get(text) : undefined;
  if (found !== undefined) return found;
  const policy = parsed(text);
  if (policy === undefined) {
    throw new GuestError(
      `${what}.retry must be made with backoff, such as backoff.fullJitter({ max: 3 })`,
      'TypeError',
    );
  }
  if (known.size >= limits.retryPolicies) {
    throw new GuestError(
      `a run may have ${limits.retryPolicies} different backoff policies; make them once, outside of the function`,
      'RangeError',
    );
  }
  known.set(text as string, policy);
  return policy;
}

function parsed(text: unknown): RetryPolicy | undefined {
  if (typeof text !== 'string') return undefined;
  let given: unknown;
  try {
    given = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof given !== 'object' || given === null || !('kind' in given)) return undefined;
  const { kind, ...fields } = given as { kind: string };
  return readBackoff(kind, fields);
}
