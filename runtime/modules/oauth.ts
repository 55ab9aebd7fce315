/**
 * `vurun/oauth`: bearer tokens by OAuth's client credentials; given to requests and connections as `auth`.
 * Tokens stay outside of the VUs. They are declared outside of all functions.
 */
import { Op } from '../contract/ops.ts';
import type { Duration } from '../contract/options.ts';
import { givenJson, shown } from '../globals/arguments.ts';
import { life, op } from '../host.ts';
import type { Backoff } from './backoff.ts';

export interface OAuthOptions {
  /** Where tokens are had: `POST` with `grant_type=client_credentials`. */
  tokenUrl: string;
  clientId: string;
  clientSecret: string;
  scope?: string;
  /** Further fields of the form. */
  form?: Record<string, string>;
  /** Whether id and secret go as HTTP Basic ('header', default) or as fields of the form ('body'). */
  credentials?: 'header' | 'body';
  /** The part of a token's life after which a new one is fetched, while the old one still serves. Default 0.8. */
  refreshAt?: number;
  /** How much that varies at random, as a part of the life. Default 0.05. */
  jitter?: number;
  /** For one token request. Default 30s. */
  timeout?: Duration;
  /** For the token endpoint itself. Default `backoff.fullJitter({ max: 3 })`. */
  retry?: Backoff;
}

/** Names the user a token is for: fields of the token request. With `username` the grant is `password`. */
export type OAuthUser = Record<string, string>;

/** A source of tokens. Requests and connections take it as `auth`. */
export class OAuth {
  readonly #client: number;

  constructor(kind: string, options: unknown) {
    if (life.phase !== 'init') {
      throw new Error(
        `oauth.${kind}() must be declared outside of all functions, so that all VUs share it`,
      );
    }
    if (options === undefined || options === null) {
      throw new TypeError(
        `oauth.${kind}() needs an object such as { tokenUrl, clientId, clientSecret }`,
      );
    }
    this.#client = op(Op.tokenClientNew, kind, givenJson(`oauth.${kind}()`, options)) as number;
  }

  /** As requests carry it to the host. */
  toJSON(): { oauth: number; user?: OAuthUser } {
    return { oauth: this.#client };
  }
}

/** One user's tokens in this VU; made by `OwnOAuth.user`. */
export class UserOAuth {
  readonly #of: OAuth;
  readonly #user: OAuthUser;

  constructor(of: OAuth, user: OAuthUser) {
    if (typeof user !== 'object' || user === null) {
      throw new TypeError(`user(fields): fields must be an object of texts, not ${shown(user)}`);
    }
    for (const [key, value] of Object.entries(user)) {
      if (typeof value !== 'string') {
        throw new TypeError(`user(fields): ${key} must be text, not ${typeof value}`);
      }
    }
    this.#of = of;
    this.#user = user;
  }

  toJSON(): { oauth: number; user?: OAuthUser } {
    return { ...this.#of.toJSON(), user: this.#user };
  }
}

/** Tokens each VU has for itself. */
export class OwnOAuth extends OAuth {
  /** For one user in particular: fields that are added to the token request, such as username and password. */
  user(fields: OAuthUser): UserOAuth {
    return new UserOAuth(this, fields);
  }
}

/**
 * One token for all VUs of the run: fetched once, fetched anew before it ends, and once more when the
 * target does not accept it (401), after which the request is sent once more.
 */
export function shared(options: OAuthOptions): OAuth {
  return new OAuth('shared', options);
}
/**
 * A token for each VU, as users who log in one by one have it. It says that many token calls are meant;
 * where they are not, take `shared`.
 */
export function perUser(options: OAuthOptions): OwnOAuth {
  return new OwnOAuth('perUser', options);
}

/** All of this module. */
const oauth: { shared: typeof shared; perUser: typeof perUser } = { shared, perUser };
export default oauth;
