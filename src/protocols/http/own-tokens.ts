import { refreshInMs, type TokenClientSpec } from '../../citizen/token-client.ts';
import { TokenHolder } from '../../citizen/token-holder.ts';
import { GuestError } from '../../errors.ts';
import { limits } from '../../limits.ts';
import type { ProtocolHost } from '../contract.ts';
import { callToken } from './token-call.ts';

/** The tokens one VU has for itself (`oauth.perUser`), by client and user. */
export class OwnTokens {
  readonly #host: ProtocolHost;
  readonly #holders = new Map<string, TokenHolder>();

  constructor(host: ProtocolHost) {
    this.#host = host;
  }

  /** Throws a `GuestError` when the VU has too many. */
  holder(client: number, user: Readonly<Record<string, string>>): TokenHolder {
    const key = JSON.stringify([client, user]);
    const known = this.#holders.get(key);
    if (known !== undefined) return known;
    if (this.#holders.size >= limits.tokensPerVu) {
      throw new GuestError(
        `a VU may have ${limits.tokensPerVu} tokens of its own; use few users in one VU`,
        'RangeError',
      );
    }
    const { clock, citizen } = this.#host;
    const spec = citizen.tokenClients[client] as TokenClientSpec;
    let failures = 0;
    const holder = new TokenHolder(clock, (generation) => {
      void callToken(this.#host, spec, user).then((outcome) => {
        if ('grant' in outcome) {
          failures = 0;
          const { value, lifeMs } = outcome.grant;
          holder.heard({
            generation: generation + 1,
            value,
            refreshInMs: refreshInMs(spec, lifeMs, () => this.#host.random()),
            expiresInMs: lifeMs,
          });
        } else {
          const pauseMs = Math.min(limits.tokenPauseMaxMs, limits.tokenPauseMs * 2 ** failures++);
          holder.heard({ generation, error: outcome.error, pauseMs });
        }
      });
    });
    this.#holders.set(key, holder);
    return holder;
  }
}
