/** What a script declares with `oauth.shared` and `oauth.perUser`, and what a token endpoint answers. */
import { GuestError } from '../errors.ts';
import { limits } from '../limits.ts';
import { policyOf } from './backoff.ts';
import { Given } from './given.ts';

export interface TokenClientSpec {
  kind: 'shared' | 'perUser';
  tokenUrl: string;
  clientId: string;
  clientSecret: string;
  /** Further fields of the form, `scope` among them. */
  form: Readonly<Record<string, string>>;
  /** `header`: HTTP Basic; `body`: fields of the form. */
  credentials: 'header' | 'body';
  /** The part of a token's life after which a new one is asked for, and how much that varies. */
  refreshAt: number;
  jitter: number;
  timeoutMs: number;
  /** The text of a backoff policy for the token endpoint itself. */
  retry: string | undefined;
}

/** A token a client was given. */
export interface TokenGrant {
  value: string;
  lifeMs: number;
}

/** What came of asking for one; `error` is a sentence without any secret. */
export type TokenOutcome = { grant: TokenGrant } | { error: string };

const known = [
  'tokenUrl',
  'clientId',
  'clientSecret',
  'scope',
  'form',
  'credentials',
  'refreshAt',
  'jitter',
  'timeout',
  'retry',
];

/** Reads the options of `oauth.shared` or `oauth.perUser`. Throws a `GuestError` naming the parameter. */
export function readTokenClient(kind: TokenClientSpec['kind'], given: unknown): TokenClientSpec {
  const call = `oauth.${kind}()`;
  if (given === undefined) {
    throw new GuestError(
      `${call} needs an object such as { tokenUrl, clientId, clientSecret }`,
      'TypeError',
    );
  }
  const fields = new Given(call, given, known);
  const tokenUrl = fields.needed('tokenUrl', 2_000);
  const url = URL.canParse(tokenUrl) ? new URL(tokenUrl) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol) || url.username !== '') {
    fields.refuse('tokenUrl', 'an http or https URL without credentials in it');
  }
  const scope = fields.text('scope', 2_000);
  const retry = fields.value('retry');
  if (retry !== undefined) policyOf(retry, call);
  return {
    kind,
    tokenUrl,
    clientId: fields.needed('clientId', 1_000),
    clientSecret: fields.needed('clientSecret', 10_000),
    form: {
      ...(scope === undefined ? {} : { scope }),
      ...fields.textMap('form', limits.tokenFields),
    },
    credentials: fields.oneOf('credentials', ['header', 'body'], 'header'),
    refreshAt: fields.number('refreshAt', 0.8, 0.01, 1),
    jitter: fields.number('jitter', 0.05, 0, 0.5),
    timeoutMs: fields.durationMs('timeout', limits.tokenMs, 1),
    retry: retry as string | undefined,
  };
}

/** When of a token's life a new one is to be asked for, in milliseconds from its issue. */
export function refreshInMs(
  { refreshAt, jitter }: Pick<TokenClientSpec, 'refreshAt' | 'jitter'>,
  lifeMs: number,
  random: () => number,
): number {
  const part = refreshAt + (2 * random() - 1) * jitter;
  return Math.min(1, Math.max(0, part)) * lifeMs;
}

/** The body of a token request. `user` are fields of the one user it is for. */
export function tokenForm(
  { clientId, clientSecret, credentials, form }: TokenClientSpec,
  user: Readonly<Record<string, string>>,
): string {
  const fields = new URLSearchParams({
    // A user's own name and password ask for a token of that user's.
    grant_type: 'username' in user ? 'password' : 'client_credentials',
    ...form,
    ...user,
  });
  if (credentials === 'body') {
    fields.set('client_id', clientId);
    fields.set('client_secret', clientSecret);
  }
  return fields.toString();
}

/** The Authorization header of a token request, or undefined when the form says who asks. */
export function tokenCredentials(spec: TokenClientSpec): string | undefined {
  if (spec.credentials === 'body') return undefined;
  return `Basic ${Buffer.from(`${spec.clientId}:${spec.clientSecret}`).toString('base64')}`;
}

/** Reads a token endpoint's answer; what a 200 lacks is said without showing any of it. */
export function readTokenAnswer(status: number, body: string): TokenOutcome {
  let fields: Record<string, unknown> = {};
  try {
    const parsed: unknown = JSON.parse(body);
    if (typeof parsed === 'object' && parsed !== null) fields = parsed as Record<string, unknown>;
  } catch {
    // A status alone says something, too.
  }
  if (status < 200 || status > 299) {
    const code = fields['error'];
    const words = typeof code === 'string' ? ` (${code.slice(0, 100)})` : '';
    return { error: `it answered ${status}${words}` };
  }
  const value = fields['access_token'];
  if (typeof value !== 'string' || value === '' || value.length > limits.tokenBytes) {
    return { error: `its answer (${status}) holds no usable access_token` };
  }
  // A header takes no other characters, and a token has no other (RFC 6750).
  if (!/^[\x21-\x7e]+$/.test(value)) return { error: 'its access_token cannot stand in a header' };
  const life = Number(fields['expires_in']);
  return { grant: { value, lifeMs: life > 0 ? life * 1_000 : limits.tokenLifeMs } };
}
