/** The arithmetic of good manners: waits, budgets, what headers say, limits, who gets a token. */
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import {
  backoffKinds,
  mayRepeat,
  ownWaitMs,
  policyOf,
  readBackoff,
} from '../src/citizen/backoff.ts';
import { type Declared, declareLimiter, declareTokenClient } from '../src/citizen/declarations.ts';
import { Guard } from '../src/citizen/guard.ts';
import { HeaderLimiter } from '../src/citizen/header-limiter.ts';
import { type Limiter, type LimiterPlace, limiterWords } from '../src/citizen/limiter.ts';
import { seededRandom } from '../src/citizen/random.ts';
import { rateStateOf } from '../src/citizen/rate-headers.ts';
import { RateLimiter } from '../src/citizen/rate-limiter.ts';
import { inBandRetryAfterMs, retryAfterMs } from '../src/citizen/retry-after.ts';
import { RetryBudget } from '../src/citizen/retry-budget.ts';
import { reclaimSlots, SlotLimiter } from '../src/citizen/slot-limiter.ts';
import {
  readTokenAnswer,
  readTokenClient,
  refreshInMs,
  tokenCredentials,
  tokenForm,
} from '../src/citizen/token-client.ts';
import { TokenHolder } from '../src/citizen/token-holder.ts';
import { type TokenNews, TokenOffice } from '../src/citizen/token-office.ts';
import type { Clock } from '../src/clock.ts';

const wall = Date.UTC(2026, 10, 21, 12, 0, 0);
/** The fake timers' time, on a clock that is not the wall's. */
const clock: Clock = { now: () => Date.now() - wall, since: (t) => t, wall: (now) => now + wall };

describe('Retry-After', () => {
  const date = 'Sat, 21 Nov 2026 12:00:00 GMT';
  test.each<[string, string | undefined, number | undefined]>([
    ['3', undefined, 3_000],
    [' 120 ', undefined, 120_000],
    ['0', undefined, 0],
    ['0.5', undefined, 500],
    ['Sat, 21 Nov 2026 12:00:07 GMT', date, 7_000],
    ['Saturday, 21-Nov-26 12:00:07 GMT', date, 7_000],
    ['Sat Nov 21 12:00:07 2026', date, 7_000],
    ['Sun Nov  1 12:00:07 2026', date, 0],
    // The server's clock is an hour ahead of ours: only its own Date tells.
    ['Sat, 21 Nov 2026 13:00:07 GMT', 'Sat, 21 Nov 2026 13:00:00 GMT', 7_000],
    ['Sat, 21 Nov 2026 12:00:07 GMT', undefined, 7_000],
    ['Sat, 21 Nov 2026 12:00:07 GMT', 'nonsense', 7_000],
    ['Sat, 21 Nov 2026 11:00:00 GMT', date, 0],
    // Two digits of a year that seem far ahead are past.
    ['Sunday, 06-Nov-94 08:49:37 GMT', date, 0],
    ['PT3S', undefined, 3_000],
    ['PT1M2.5S', undefined, 62_500],
    ['P1DT2H', undefined, 93_600_000],
    ['P2W', undefined, 1_209_600_000],
    ['P', undefined, undefined],
    ['PT', undefined, undefined],
    ['P1M', undefined, undefined],
    ['-3', undefined, undefined],
    ['soon', undefined, undefined],
    ['Sat, 41 Nov 2026 12:00:07 GMT', date, undefined],
    ['Sat, 21 Nix 2026 12:00:07 GMT', date, undefined],
    ['', undefined, undefined],
  ])('%j with Date %j is %j', (value, own, expected) => {
    expect(retryAfterMs(value, own, wall)).toBe(expected);
  });

  test('is the same in all three forms of a date', () => {
    const instants = fc.integer({ min: wall - 86_400_000, max: wall + 20 * 365 * 86_400_000 });
    fc.assert(
      fc.property(instants, (at) => {
        const seconds = Math.floor(at / 1_000) * 1_000;
        const imf = new Date(seconds).toUTCString();
        const [, day, month, year, time] = imf.split(' ') as [
          string,
          string,
          string,
          string,
          string,
        ];
        const rfc850 = `Sunday, ${day}-${month}-${year.slice(2)} ${time} GMT`;
        const asctime = `Sun ${month} ${String(Number(day)).padStart(2)} ${time} ${year}`;
        for (const form of [imf, rfc850, asctime]) {
          expect(retryAfterMs(form, date, wall)).toBe(Math.max(0, seconds - wall));
        }
      }),
    );
  });

  test('never throws and is never negative, whatever the text', () => {
    fc.assert(
      fc.property(fc.string(), fc.option(fc.string(), { nil: undefined }), (value, own) => {
        expect(retryAfterMs(value, own, wall) ?? 0).toBeGreaterThanOrEqual(0);
        expect(inBandRetryAfterMs(value) ?? 0).toBeGreaterThanOrEqual(0);
      }),
    );
  });

  test.each<[string, number | undefined]>([
    [
      '{"type":"response","class":"TooManyRequestsErrorMessage","code":429,"body":{"retryAfter":3,"errorCode":4029}}',
      3_000,
    ],
    ['{"type":"error","parameters":{"code":429,"retryAfter":"PT3S"}}', 3_000],
    ['{"retry_after":"2"}', 2_000],
    ['{"retryAfterMs":250}', 250],
    ['{"error":{"details":{"retryAfterSeconds":4}}}', 4_000],
    ['{"message":"Rate limit exceeded the maximum. Retry the request in [7] seconds"}', 7_000],
    ['{"retryAfter":-1}', undefined],
    ['null', undefined],
    ['[1]', undefined],
    ['busy', undefined],
  ])('is found inside of %s', (body, expected) => {
    expect(inBandRetryAfterMs(body)).toBe(expected);
  });
});

describe('rate-limit headers', () => {
  const stateOf = (headers: Record<string, string>) => rateStateOf((name) => headers[name], wall);
  test.each<[Record<string, string>, unknown]>([
    [
      {
        'inin-ratelimit-count': '3',
        'inin-ratelimit-allowed': '180',
        'inin-ratelimit-reset': '61',
      },
      { limit: 180, remaining: 177, resetMs: 61_000 },
    ],
    [
      {
        'inin-ratelimit-count': '200',
        'inin-ratelimit-allowed': '180',
        'inin-ratelimit-reset': '3',
      },
      { limit: 180, remaining: 0, resetMs: 3_000 },
    ],
    [
      { ratelimit: '"default";r=50;t=30', 'ratelimit-policy': '"default";q=100;w=60' },
      { limit: undefined, remaining: 50, resetMs: 30_000 },
    ],
    [
      { ratelimit: 'limit=100, remaining=50, reset=5' },
      { limit: 100, remaining: 50, resetMs: 5_000 },
    ],
    [
      { 'ratelimit-limit': '100, 100;w=60', 'ratelimit-remaining': '0', 'ratelimit-reset': '9' },
      { limit: 100, remaining: 0, resetMs: 9_000 },
    ],
    [
      {
        'x-ratelimit-limit': '60',
        'x-ratelimit-remaining': '59',
        'x-ratelimit-reset': String(wall / 1_000 + 20),
      },
      { limit: 60, remaining: 59, resetMs: 20_000 },
    ],
    [{ 'x-ratelimit-remaining': '59' }, undefined],
    [{}, undefined],
  ])('%j', (headers, expected) => {
    expect(stateOf(headers)).toEqual(expected);
  });
});

describe('backoff', () => {
  const durations = fc.integer({ min: 1, max: 100_000 });
  const policies = fc
    .record({ kind: fc.constantFrom(...backoffKinds), base: durations, more: durations })
    .map(({ kind, base, more }) => readBackoff(kind, { base, cap: base + more }));

  test('never waits less than nothing nor more than its cap', () => {
    fc.assert(
      fc.property(policies, fc.nat(2_000), fc.nat(), fc.nat(1_000), (policy, attempt, seed, p) => {
        const previous = Math.min(p, policy.capMs);
        const wait = ownWaitMs(policy, attempt, previous, seededRandom(seed, 1));
        expect(wait).toBeGreaterThanOrEqual(0);
        expect(wait).toBeLessThanOrEqual(policy.capMs);
      }),
    );
  });

  test('is the same for the same seed and VU, and another for another VU', () => {
    const policy = readBackoff('fullJitter', {});
    const waits = (seed: number, vu: number): number[] => {
      const random = seededRandom(seed, vu);
      return [0, 1, 2, 3].map((attempt) => ownWaitMs(policy, attempt, 0, random));
    };
    expect(waits(7, 3)).toEqual(waits(7, 3));
    expect(waits(7, 3)).not.toEqual(waits(7, 4));
    expect(waits(7, 3)).not.toEqual(waits(8, 3));
  });

  test('keeps to the shape of its kind', () => {
    const at = (kind: string, attempt: number, random: number, more: object = {}) =>
      ownWaitMs(readBackoff(kind, { base: 100, cap: 1_000, ...more }), attempt, 200, () => random);
    expect([0, 1, 2, 3, 4].map((n) => at('exponential', n, 0))).toEqual([
      100, 200, 400, 800, 1_000,
    ]);
    expect(at('exponential', 1, 0.5, { jitter: 'add' })).toBe(250);
    expect(at('fullJitter', 2, 0.5)).toBe(200);
    expect(at('equalJitter', 2, 0.5)).toBe(300);
    expect(at('decorrelated', 2, 0.5)).toBe(350);
    expect([0, 5].map((n) => at('fixed', n, 0.9))).toEqual([100, 100]);
  });

  test('is polite unless it plays a bad client', () => {
    for (const kind of ['fullJitter', 'equalJitter', 'decorrelated']) {
      expect(readBackoff(kind, {})).toMatchObject({ honourRetryAfter: true, budget: 0.1 });
    }
    for (const kind of ['exponential', 'fixed']) {
      expect(readBackoff(kind, {})).toMatchObject({ honourRetryAfter: false, budget: undefined });
    }
  });

  test('repeats only what may be repeated', () => {
    const polite = readBackoff('fullJitter', {});
    expect(['GET', 'PUT', 'DELETE', 'WS'].every((m) => mayRepeat(polite, m, false))).toBe(true);
    expect(['POST', 'PATCH'].some((m) => mayRepeat(polite, m, false))).toBe(false);
    expect(mayRepeat(polite, 'POST', true)).toBe(true);
    const rude = readBackoff('fixed', { methods: ['post'] });
    expect(mayRepeat(rude, 'POST', false)).toBe(true);
    expect(mayRepeat(rude, 'GET', false)).toBe(false);
  });

  test.each<[string, unknown, string]>([
    ['fullJitter', { base: 'soon' }, 'base must be a duration'],
    ['fullJitter', { base: 0 }, 'base must be a duration'],
    ['fullJitter', { base: '10s', cap: '1s' }, 'cap must be at least as long as base'],
    ['fullJitter', { max: -1 }, 'max must be a whole number'],
    ['fullJitter', { max: 1.5 }, 'max must be a whole number'],
    ['fullJitter', { honourRetryAfter: 'yes' }, 'honourRetryAfter must be true or false'],
    ['fullJitter', { retryAfterCap: 'x' }, 'retryAfterCap must be a duration'],
    ['fullJitter', { budget: '10%' }, 'budget must be retries per operation'],
    ['fullJitter', { on: 429 }, 'on must be a list'],
    ['fullJitter', { on: ['EBUSY'] }, 'on holds "EBUSY"'],
    ['fullJitter', { on: [200] }, 'on holds 200'],
    ['fullJitter', { methods: 'GET' }, 'methods must be a list'],
    ['fullJitter', { jitter: 'add' }, "unknown option 'jitter'"],
    ['exponential', { jitter: 'much' }, "jitter must be 'none' or 'add'"],
    ['fullJitter', { retries: 3 }, "unknown option 'retries'"],
    ['fullJitter', 3, 'the options must be an object'],
  ])('%s(%j) is refused', (kind, given, message) => {
    expect(() => readBackoff(kind, given)).toThrow(message);
  });

  test('is one object for requests that carry the same text', () => {
    const text = JSON.stringify({ kind: 'fullJitter', max: 2 });
    expect(policyOf(text, 'x')).toBe(policyOf(text, 'x'));
    for (const wrong of [{ max: 3 }, 3, 'x', '{"max":3}', null]) {
      expect(() => policyOf(wrong, 'http params')).toThrow('http params.retry must be made with');
    }
  });
});

describe('the retry budget', () => {
  test('never lets more through than its part of the operations, beside the free ones', () => {
    const events = fc.array(fc.tuple(fc.boolean(), fc.integer({ min: 0, max: 100 })));
    fc.assert(
      fc.property(events, fc.double({ min: 0, max: 2, noNaN: true }), (story, part) => {
        const budget = new RetryBudget(part, 1);
        let now = 0;
        let operations = 0;
        let retries = 0;
        for (const [isOperation, gap] of story) {
          now += gap;
          if (isOperation) {
            operations++;
            budget.operation(now);
          } else if (budget.take(now)) retries++;
        }
        expect(retries).toBeLessThanOrEqual((part === 0 ? 0 : 10) + part * operations + 1e-9);
      }),
    );
  });

  test('forgets what was long ago', () => {
    const budget = new RetryBudget(0.1, 1);
    for (let i = 0; i < 1_000; i++) budget.operation(0);
    let taken = 0;
    while (budget.take(120_000)) taken++;
    expect(taken).toBe(10);
  });
});

/** Limiters of several shards on one memory. */
function shardsOf<L extends Limiter>(
  shards: number,
  make: (place: LimiterPlace) => L,
): { limiters: L[]; memory: SharedArrayBuffer } {
  const memory = new SharedArrayBuffer(8 * limiterWords(shards));
  const limiters = Array.from({ length: shards }, (_, shard) =>
    make({
      words: new BigInt64Array(memory),
      clock,
      shard,
      shards,
      random: seededRandom(1, shard),
    }),
  );
  return { limiters, memory };
}

describe('limits of several shards', () => {
  beforeEach(() => void vi.useFakeTimers({ now: wall }));
  afterEach(() => void vi.useRealTimers());

  test.each([1, 3])('a rate lets no more start in any window, from %i shards', async (shards) => {
    const { limiters } = shardsOf(
      shards,
      (place) =>
        new RateLimiter({ kind: 'rate', name: 'r', count: 20, perMs: 1_000, burst: 1 }, place),
    );
    const starts: number[] = [];
    for (let i = 0; i < 60; i++) {
      limiters[i % shards]?.enter(() => starts.push(clock.now()));
    }
    await vi.advanceTimersByTimeAsync(10_000);
    expect(starts).toHaveLength(60);
    // A timer of Node's is up to a millisecond off.
    for (const [i, at] of starts.entries()) {
      expect(starts.filter((one) => one >= at && one < at + 999).length).toBeLessThanOrEqual(20);
      if (i > 0) expect(at - (starts[i - 1] as number)).toBeGreaterThanOrEqual(48);
    }
  });

  test('a burst is let through after a pause, and no more', async () => {
    const { limiters } = shardsOf(
      1,
      (place) =>
        new RateLimiter({ kind: 'rate', name: 'r', count: 10, perMs: 1_000, burst: 4 }, place),
    );
    let started = 0;
    for (let i = 0; i < 10; i++) limiters[0]?.enter(() => started++);
    await vi.advanceTimersByTimeAsync(0);
    expect(started).toBe(4);
    await vi.advanceTimersByTimeAsync(10_000);
    expect(started).toBe(10);
  });

  test('who gives up leaves the instant to the next', async () => {
    const { limiters } = shardsOf(
      1,
      (place) =>
        new RateLimiter({ kind: 'rate', name: 'r', count: 1, perMs: 1_000, burst: 1 }, place),
    );
    const started: string[] = [];
    limiters[0]?.enter(() => started.push('first'));
    const leave = limiters[0]?.enter(() => started.push('gone'));
    limiters[0]?.enter(() => started.push('second'));
    leave?.();
    await vi.advanceTimersByTimeAsync(1_001);
    expect(started).toEqual(['first', 'second']);
  });

  test('never more hold a slot than there are, and all get one', async () => {
    const { limiters } = shardsOf(
      3,
      (place) => new SlotLimiter({ kind: 'concurrent', name: 'c', count: 5 }, place),
    );
    let inside = 0;
    let most = 0;
    let done = 0;
    for (let i = 0; i < 60; i++) {
      const limiter = limiters[i % 3] as SlotLimiter;
      limiter.enter(() => {
        inside++;
        most = Math.max(most, inside);
        setTimeout(() => {
          inside--;
          done++;
          limiter.leave();
        }, 20);
      });
    }
    await vi.advanceTimersByTimeAsync(20_000);
    expect({ most, done, inside }).toEqual({ most: 5, done: 60, inside: 0 });
  });

  test('a shard whose line never empties leaves slots to the others', async () => {
    const { limiters } = shardsOf(
      2,
      (place) => new SlotLimiter({ kind: 'concurrent', name: 'c', count: 2 }, place),
    );
    const [greedy, other] = limiters as [SlotLimiter, SlotLimiter];
    const again = (): void => {
      greedy.enter(() => {
        setTimeout(() => {
          again();
          greedy.leave();
        }, 5);
      });
    };
    for (let i = 0; i < 6; i++) again();
    let got = 0;
    for (let i = 0; i < 3; i++) {
      other.enter(() => {
        got++;
        setTimeout(() => other.leave(), 5);
      });
    }
    await vi.advanceTimersByTimeAsync(2_000);
    expect(got).toBe(3);
  });

  test('slots of a lost shard come back', async () => {
    const spec = { kind: 'concurrent', name: 'c', count: 2 } as const;
    const { limiters, memory } = shardsOf(2, (place) => new SlotLimiter(spec, place));
    let entered = 0;
    limiters[0]?.enter(() => entered++);
    limiters[0]?.enter(() => entered++);
    limiters[0]?.enter(() => entered++);
    limiters[1]?.enter(() => entered++);
    await vi.advanceTimersByTimeAsync(100);
    expect(entered).toBe(2);
    reclaimSlots([spec], memory, 0, 2);
    // Its thread is gone, and with it who waited there; here it would go on.
    await vi.advanceTimersByTimeAsync(100);
    expect(entered).toBe(4);
  });

  test('headers: a few ahead, freely at first, evenly after half, not at all at the end', async () => {
    const { limiters } = shardsOf(2, (place) => new HeaderLimiter({ name: 'h' }, place));
    const limit = 20;
    let count = 0;
    let windowEnd = 0;
    let refused = 0;
    // The target: 20 calls in 10 s, from the first on.
    const call = (limiter: HeaderLimiter): void => {
      limiter.enter(() => {
        if (clock.now() >= windowEnd) {
          windowEnd = clock.now() + 10_000;
          count = 0;
        }
        count++;
        if (count > limit) refused++;
        const resetMs = Math.ceil((windowEnd - clock.now()) / 1_000) * 1_000;
        const state = { limit, remaining: Math.max(0, limit - count), resetMs };
        setTimeout(() => limiter.heard(state, undefined), 30);
      });
    };
    for (let i = 0; i < 60; i++) call(limiters[i % 2] as HeaderLimiter);
    await vi.advanceTimersByTimeAsync(5_000);
    expect(count).toBeLessThanOrEqual(limit);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(refused).toBe(0);
    expect(count).toBeGreaterThan(0);
  });

  test('headers: a target that asks to stay away is left alone by all shards', async () => {
    const { limiters } = shardsOf(2, (place) => new HeaderLimiter({ name: 'h' }, place));
    const [one, two] = limiters as [HeaderLimiter, HeaderLimiter];
    one.enter(() => undefined);
    one.heard(undefined, 3_000);
    const until = clock.now() + 3_000;
    const starts: number[] = [];
    for (let i = 0; i < 5; i++) two.enter(() => starts.push(clock.now()));
    await vi.advanceTimersByTimeAsync(10_000);
    expect(starts).toHaveLength(5);
    expect(Math.min(...starts)).toBeGreaterThanOrEqual(until);
  });
});

describe('shared tokens', () => {
  const spec = readTokenClient('shared', {
    tokenUrl: 'http://h/token',
    clientId: 'id',
    clientSecret: 'secret',
  });
  beforeEach(() => void vi.useFakeTimers({ now: wall }));
  afterEach(() => void vi.useRealTimers());

  /** An office and the holders of some shards. */
  function office(shards: number) {
    const sent: number[] = [];
    const living = new Set(Array.from({ length: shards }, (_, i) => i));
    const made = new TokenOffice(
      [spec],
      {
        send: (shard) => sent.push(shard),
        tell: (shard, _client, news: TokenNews) => holders[shard]?.heard(news),
        living: () => [...living],
      },
      clock,
      () => 0.5,
    );
    const holders = Array.from(
      { length: shards },
      (_, shard) => new TokenHolder(clock, (generation) => made.wanted(shard, 0, generation)),
    );
    const grant = (value: string, lifeMs = 100_000): void =>
      made.fetched(sent.at(-1) as number, 0, { grant: { value, lifeMs } });
    return { made, holders, sent, living, grant };
  }
  const take = (holder: TokenHolder | undefined): string[] => {
    const got: string[] = [];
    holder?.take((bearer, error) => got.push(bearer?.value ?? error));
    return got;
  };

  test('one shard is sent, all hear', () => {
    const { holders, sent, grant } = office(3);
    const got = Array.from({ length: 30 }, (_, i) => take(holders[i % 3]));
    expect(sent).toEqual([0]);
    grant('one');
    expect(got).toEqual(Array.from({ length: 30 }, () => ['one']));
  });

  test('a new one is fetched early, once, while the old one serves', () => {
    const { holders, sent, grant } = office(2);
    take(holders[0]);
    grant('one');
    vi.setSystemTime(wall + 79_000);
    expect(take(holders[1])).toEqual(['one']);
    expect(sent).toHaveLength(1);
    vi.setSystemTime(wall + 81_000);
    expect([take(holders[1]), take(holders[0]), take(holders[1])]).toEqual([
      ['one'],
      ['one'],
      ['one'],
    ]);
    expect(sent).toEqual([0, 1]);
    grant('two');
    expect([take(holders[0]), take(holders[1])]).toEqual([['two'], ['two']]);
  });

  test('a 401 means one new token for each generation', () => {
    const { holders, sent, grant } = office(2);
    take(holders[0]);
    grant('one');
    for (const holder of holders) holder.accepted(1);
    expect(holders.map((holder) => holder.refused(1))).toEqual([true, true]);
    const waiting = [take(holders[0]), take(holders[1])];
    expect(sent).toEqual([0, 0]);
    grant('two');
    expect(waiting).toEqual([['two'], ['two']]);
    // Answers that were still under way with the old one.
    expect(holders.map((holder) => holder.refused(1))).toEqual([true, true]);
    expect(sent).toHaveLength(2);
  });

  test('a token that is refused as soon as it is new is not fetched again and again', () => {
    const { holders, sent, grant } = office(1);
    take(holders[0]);
    grant('one');
    holders[0]?.accepted(1);
    expect(holders[0]?.refused(1)).toBe(true);
    grant('two');
    expect(holders[0]?.refused(2)).toBe(false);
    expect(take(holders[0])).toEqual(['two']);
    holders[0]?.accepted(2);
    expect(holders[0]?.refused(2)).toBe(true);
    expect(sent).toHaveLength(3);
  });

  test('an endpoint that fails is given a pause, a longer one each time', () => {
    const { made, holders, sent } = office(2);
    const waiting = [take(holders[0]), take(holders[1])];
    made.fetched(0, 0, { error: 'it answered 500' });
    expect(waiting).toEqual([['it answered 500'], ['it answered 500']]);
    expect(take(holders[1])).toEqual(['it answered 500']);
    expect(sent).toHaveLength(1);
    vi.setSystemTime(wall + 1_000);
    take(holders[1]);
    expect(sent).toEqual([0, 1]);
    made.fetched(1, 0, { error: 'it answered 500' });
    vi.setSystemTime(wall + 2_500);
    take(holders[1]);
    expect(sent).toHaveLength(2);
    vi.setSystemTime(wall + 3_000);
    take(holders[1]);
    expect(sent).toHaveLength(3);
  });

  test('when the shard that was sent is lost, another one goes', () => {
    const { made, holders, sent, living, grant } = office(3);
    take(holders[0]);
    const waiting = take(holders[2]);
    living.delete(0);
    made.lost(0);
    expect(sent).toEqual([0, 2]);
    // A word from the grave changes nothing.
    made.fetched(0, 0, { grant: { value: 'lost', lifeMs: 1_000 } });
    grant('found');
    expect(waiting).toEqual(['found']);
  });

  test('the instant of the refresh varies within its jitter', () => {
    const part = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
    fc.assert(
      fc.property(part, (random) => {
        const at = refreshInMs({ refreshAt: 0.8, jitter: 0.05 }, 1_000, () => random);
        expect(at).toBeGreaterThanOrEqual(750 - 1e-9);
        expect(at).toBeLessThanOrEqual(850 + 1e-9);
      }),
    );
  });

  test('credentials go where they are wanted', () => {
    expect(tokenCredentials(spec)).toBe(`Basic ${Buffer.from('id:secret').toString('base64')}`);
    expect(tokenForm(spec, {})).toBe('grant_type=client_credentials');
    const inBody = { ...spec, credentials: 'body' as const, form: { scope: 'a b' } };
    expect(tokenCredentials(inBody)).toBeUndefined();
    expect(tokenForm(inBody, {})).toBe(
      'grant_type=client_credentials&scope=a+b&client_id=id&client_secret=secret',
    );
    expect(tokenForm(spec, { username: 'u', password: 'p' })).toBe(
      'grant_type=password&username=u&password=p',
    );
  });

  test.each<[number, string, unknown]>([
    [200, '{"access_token":"t","expires_in":60}', { grant: { value: 't', lifeMs: 60_000 } }],
    [200, '{"access_token":"t","expires_in":"60"}', { grant: { value: 't', lifeMs: 60_000 } }],
    [200, '{"access_token":"t"}', { grant: { value: 't', lifeMs: 3_600_000 } }],
    [200, '{}', { error: 'its answer (200) holds no usable access_token' }],
    [200, 'no', { error: 'its answer (200) holds no usable access_token' }],
    [200, '{"access_token":"a\\nb"}', { error: 'its access_token cannot stand in a header' }],
    [401, '{"error":"invalid_client"}', { error: 'it answered 401 (invalid_client)' }],
    [503, '', { error: 'it answered 503' }],
  ])('%i %s', (status, body, outcome) => {
    expect(readTokenAnswer(status, body)).toEqual(outcome);
  });
});

describe('declarations', () => {
  const empty = (): Declared => ({ limiters: [], tokenClients: [] });
  const client = { tokenUrl: 'http://h/t', clientId: 'id', clientSecret: 'hush' };

  test.each<[string, unknown, string]>([
    ['perMinute', { count: 0 }, 'limits.perMinute(): count must be a whole number from 1'],
    ['perMinute', {}, 'limits.perMinute(): count must be a whole number from 1, not undefined'],
    ['perSecond', { count: 'x' }, 'limits.perSecond(): count must be a whole number'],
    ['perSecond', { count: 5, burst: 6 }, 'burst must be a whole number from 1 to 5'],
    ['concurrent', { count: 5, burst: 2 }, "unknown option 'burst'; there are count, name"],
    ['concurrent', { count: 5, name: '' }, 'name must be text'],
    ['fromHeaders', { count: 1 }, "limits.fromHeaders(): unknown option 'count'"],
  ])('limits.%s(%j) is refused', (kind, given, message) => {
    expect(() => declareLimiter(empty(), false, 0, kind, given)).toThrow(message);
  });

  test.each<[unknown, string]>([
    [undefined, 'oauth.shared() needs an object'],
    [{ ...client, tokenUrl: 'h/t' }, 'tokenUrl must be an http or https URL'],
    [
      { ...client, clientId: undefined },
      'clientId must be text of 1 to 1000 characters; it is missing',
    ],
    [
      { ...client, clientSecret: '' },
      'clientSecret must be text of 1 to 10000 characters; it is empty',
    ],
    [{ ...client, refreshAt: 2 }, 'refreshAt must be a number from 0.01 to 1'],
    [{ ...client, jitter: 0.6 }, 'jitter must be a number from 0 to 0.5'],
    [{ ...client, timeout: 'x' }, 'timeout must be a duration'],
    [{ ...client, credentials: 'url' }, "credentials must be 'header' or 'body'"],
    [{ ...client, form: { a: 1 } }, 'form must be an object of at most'],
    [{ ...client, retry: { max: 3 } }, 'oauth.shared().retry must be made with backoff'],
    [{ ...client, secret: 'hush' }, "unknown option 'secret'"],
  ])('oauth.shared(%j) is refused, and shows no secret', (given, message) => {
    let text = '';
    try {
      declareTokenClient(empty(), false, 'shared', given);
    } catch (thrown) {
      text = (thrown as Error).message;
    }
    expect(text).toContain(message);
    expect(text).not.toContain('hush');
  });

  test('are the same in every VU', () => {
    const declared = empty();
    declareLimiter(declared, false, 0, 'perMinute', { count: 5 });
    declareLimiter(declared, true, 0, 'perMinute', { count: 5 });
    const message = 'declare it in every VU alike';
    expect(() => declareLimiter(declared, true, 0, 'perMinute', { count: 6 })).toThrow(message);
    expect(() => declareLimiter(declared, true, 1, 'perMinute', { count: 5 })).toThrow(message);
    expect(declareTokenClient(declared, false, 'shared', client)).toBe(0);
    expect(declareTokenClient(declared, true, 'shared', client)).toBe(0);
    expect(() => declareTokenClient(declared, true, 'perUser', client)).toThrow(message);
  });
});

describe('the guard', () => {
  test.each<[string, boolean]>([
    ['api.mypurecloud.com', true],
    ['login.mypurecloud.com.au', true],
    ['mypurecloud.ie', true],
    ['API.MyPureCloud.DE', true],
    ['api.mypurecloud.com.', true],
    ['api.usw2.pure.cloud', true],
    ['webmessaging.use2.us-gov-pure.cloud', true],
    ['api.x.eusc-pure.cloud', true],
    ['shop.example.com', true],
    ['example.com', true],
    ['127.0.0.1', false],
    ['localhost', false],
    ['mypurecloud.com.evil.example', false],
    ['notmypurecloud.com', false],
    ['pure.cloud.example', false],
    ['example.org', false],
  ])('%s is guarded: %s', (name, isGuarded) => {
    const patterns = ['*.example.com'];
    expect(new Guard(patterns, undefined).refusal(name) !== undefined).toBe(isGuarded);
    expect(new Guard(patterns, 'CS-1').refusal(name)).toBeUndefined();
  });
});
