/** The good manners of one shard, without a coordinator. */
import { Citizen, type CitizenPlace, citizenOrders } from '../../src/citizen/citizen.ts';
import type { Declared } from '../../src/citizen/declarations.ts';
import { Guard } from '../../src/citizen/guard.ts';
import { monotonicClock } from '../../src/clock.ts';

export const noGuard = { guard: new Guard([], undefined), unauthorized: (): void => undefined };

export function citizenOf(
  declared: Partial<Declared> = {},
  place: Partial<CitizenPlace> = {},
): Citizen {
  return new Citizen(citizenOrders({ limiters: [], tokenClients: [], ...declared }, 1, 1), {
    clock: monotonicClock,
    shard: 0,
    shards: 1,
    seed: 1,
    askToken: () => undefined,
    ...place,
  });
}
