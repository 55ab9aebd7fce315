/** What all VUs of one shard share of good manners, and through it with those of other shards. */
import type { Clock } from '../clock.ts';
import type { RetryPolicy } from './backoff.ts';
import type { Declared } from './declarations.ts';
import { HeaderLimiter } from './header-limiter.ts';
import { type Limiter, type LimiterPlace, type LimiterSpec, limiterWords } from './limiter.ts';
import { seededRandom } from './random.ts';
import { RateLimiter } from './rate-limiter.ts';
import { RetryBudget } from './retry-budget.ts';
import { SlotLimiter } from './slot-limiter.ts';
import { tokenCredentials } from './token-client.ts';
import { TokenHolder } from './token-holder.ts';
import type { TokenNews } from './token-office.ts';

/** What a shard is told of it with its orders. */
export interface CitizenOrders extends Declared {
  /** How much of the whole test this process runs, 0 to 1. */
  part: number;
  /** All limiters' words, shared by all shards. */
  memory: SharedArrayBuffer;
}

/** Makes what shards are told. */
export function citizenOrders(declared: Declared, shards: number, part: number): CitizenOrders {
  const words = declared.limiters.length * limiterWords(shards);
  return {
    limiters: declared.limiters,
    tokenClients: declared.tokenClients,
    part,
    memory: new SharedArrayBuffer(8 * words),
  };
}

/** What of a limit is for this process when the test is cut into segments. */
function partOf(spec: LimiterSpec, part: number): LimiterSpec {
  if (spec.kind === 'rate') return { ...spec, count: spec.count * part };
  if (spec.kind === 'concurrent')
    return { ...spec, count: Math.max(1, Math.floor(spec.count * part)) };
  return spec;
}

export interface CitizenPlace {
  clock: Clock;
  shard: number;
  shards: number;
  seed: number;
  /** Asks the coordinator for a newer token of that client than that generation. */
  askToken(client: number, generation: number): void;
}

export class Citizen {
  readonly limiters: readonly Limiter[];
  readonly tokenClients: Declared['tokenClients'];
  readonly #place: CitizenPlace;
  readonly #tokens: readonly TokenHolder[];
  readonly #budgets = new Map<RetryPolicy, RetryBudget>();

  constructor(orders: CitizenOrders, place: CitizenPlace) {
    const { clock, shard, shards } = place;
    this.#place = place;
    this.tokenClients = orders.tokenClients;
    // Apart from the VUs' streams, whose numbers count up from 0.
    const random = seededRandom(place.seed, 0x40000000 + shard);
    const words = limiterWords(shards);
    this.limiters = orders.limiters.map((spec, index) =>
      makeLimiter(partOf(spec, orders.part), {
        words: new BigInt64Array(orders.memory, 8 * words * index, words),
        clock,
        shard,
        shards,
        random,
      }),
    );
    this.#tokens = orders.tokenClients.map(
      (_, client) => new TokenHolder(clock, (generation) => place.askToken(client, generation)),
    );
  }

  /** The shared token of a client; undefined when there is no such client. */
  token(client: number): TokenHolder | undefined {
    return this.#tokens[client];
  }

  tokenNews(client: number, news: TokenNews): void {
    this.#tokens[client]?.heard(news);
  }

  /** A policy's budget, or undefined when it has none. */
  budget(policy: RetryPolicy): RetryBudget | undefined {
    if (policy.budget === undefined) return undefined;
    let budget = this.#budgets.get(policy);
    if (budget === undefined) {
      budget = new RetryBudget(policy.budget, this.#place.shards);
      this.#budgets.set(policy, budget);
    }
    return budget;
  }

  /** The random numbers of one VU's waits: the same in every run with the same seed. */
  randomOf(vuId: number): () => number {
    return seededRandom(this.#place.seed, vuId);
  }

  /** Takes secrets and tokens out of a text that somebody may read. */
  redact(text: string): string {
    let shown = text;
    for (const [client, spec] of this.tokenClients.entries()) {
      const basic = tokenCredentials(spec)?.slice('Basic '.length);
      for (const secret of [this.#tokens[client]?.secret, spec.clientSecret, basic]) {
        if (secret !== undefined) shown = shown.replaceAll(secret, '***SECRET_REDACTED***');
      }
    }
    return shown;
  }
}

function makeLimiter(spec: LimiterSpec, place: LimiterPlace): Limiter {
  switch (spec.kind) {
    case 'rate':
      return new RateLimiter(spec, place);
    case 'concurrent':
      return new SlotLimiter(spec, place);
    case 'headers':
      return new HeaderLimiter(spec, place);
  }
}
