import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { limits } from '../src/limits.ts';
import { retryHeaders } from '../src/simulator/answer.ts';
import { Dialogue, type DialogueKnobs } from '../src/simulator/dialogue.ts';
import {
  applyKnobs,
  describeKnobs,
  healthyKnobs,
  type KnobPatch,
  parseKnobSettings,
} from '../src/simulator/knobs.ts';
import { Ledger } from '../src/simulator/ledger.ts';
import { Limiter, type LimiterOptions } from '../src/simulator/limiter.ts';
import { Platform } from '../src/simulator/platform.ts';
import { describePresets, presetKnobs, presetNames } from '../src/simulator/presets.ts';
import { Prng } from '../src/simulator/prng.ts';
import type { Session } from '../src/simulator/session.ts';
import { Tokens } from '../src/simulator/tokens.ts';
import { Turnstile } from '../src/simulator/turnstile.ts';

describe('chance', () => {
  it('gives the k-th number of a kind whatever was drawn of other kinds', () => {
    const plain = new Prng(7);
    const mixed = new Prng(7);
    const numbers = [plain.bits('a'), plain.bits('a'), plain.bits('a')];
    mixed.bits('b');
    const first = mixed.bits('a');
    mixed.uuid('b');
    expect([first, mixed.bits('a'), mixed.bits('a')]).toEqual(numbers);
    expect(new Prng(8).bits('a')).not.toBe(numbers[0]);
  });

  it('spreads evenly and makes ids of version 4', () => {
    const prng = new Prng(1);
    let sum = 0;
    let normal = 0;
    for (let i = 0; i < 10_000; i++) {
      sum += prng.uniform('u');
      normal += prng.normal('n');
    }
    expect(sum / 10_000).toBeCloseTo(0.5, 1);
    expect(normal / 10_000).toBeCloseTo(0, 1);
    const ids = new Set(Array.from({ length: 10_000 }, () => prng.uuid('id')));
    expect(ids.size).toBe(10_000);
    for (const id of ids) {
      expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    }
  });
});

describe('a limiter', () => {
  const make = (options: Partial<LimiterOptions>): Limiter =>
    new Limiter({
      limit: 3,
      windowMs: 1_000,
      anchor: 'first',
      burst: null,
      countRejected: true,
      ...options,
    });
  const run = (limiter: Limiter, times: number[]): boolean[] =>
    times.map((now) => limiter.take('key', now).allowed);

  it('opens a window with the first call and the next one with the first call after it', () => {
    const limiter = make({});
    expect(run(limiter, [500, 600, 700, 800, 1_499])).toEqual([true, true, true, false, false]);
    expect(limiter.take('key', 1_500)).toEqual({
      allowed: true,
      count: 1,
      limit: 3,
      resetMs: 1_000,
    });
    expect(limiter.take('other', 1_500).count).toBe(1);
  });

  it('counts rejected calls or not, as it is told', () => {
    const counting = make({});
    const sparing = make({ countRejected: false });
    run(counting, [0, 0, 0, 0]);
    run(sparing, [0, 0, 0, 0]);
    expect(counting.take('key', 400)).toEqual({ allowed: false, count: 5, limit: 3, resetMs: 600 });
    expect(sparing.take('key', 400).count).toBe(3);
  });

  it.each([
    ['first', { allowed: true, count: 3, resetMs: 1_000 }],
    ['sliding', { allowed: true, count: 3, resetMs: 1_000 }],
    ['bucket', { allowed: true, count: 3, resetMs: 100 }],
  ] as const)('counts what others used before and use meanwhile (%s)', (anchor, first) => {
    const limiter = make({ anchor, limit: 10, used: 1, others: 1 });
    const { resetMs: _, ...counted } = limiter.take('key', 0);
    expect(counted).toEqual({ allowed: first.allowed, count: first.count, limit: 10 });
    expect([0, 0, 0].map((now) => limiter.take('key', now).count)).toEqual([5, 7, 9]);
    const full = limiter.take('key', 0);
    expect(full.allowed).toBe(false);
  });

  it('keeps windows of the clock when anchored at the epoch', () => {
    expect(run(make({ anchor: 'epoch' }), [900, 950, 990, 999, 1_000])).toEqual([
      true,
      true,
      true,
      false,
      true,
    ]);
  });

  it('slides, and counted rejections keep a sliding window shut', () => {
    const times = [0, 100, 200, 900, 1_001, 1_050, 1_101];
    expect(run(make({ anchor: 'sliding', countRejected: false }), times)).toEqual([
      true,
      true,
      true,
      false,
      true,
      false,
      true,
    ]);
    expect(run(make({ anchor: 'sliding' }), [0, 0, 0, 900, 901, 902, 1_001])).toEqual([
      true,
      true,
      true,
      false,
      false,
      false,
      false,
    ]);
  });

  it('leaks as a bucket that holds a burst', () => {
    const bucket = make({ anchor: 'bucket', limit: 10, burst: 2, countRejected: false });
    expect(run(bucket, [0, 0, 0, 50, 100, 150, 10_000, 10_000, 10_000])).toEqual([
      true,
      true,
      false,
      false,
      true,
      false,
      true,
      true,
      false,
    ]);
    expect(bucket.take('key', 10_000).resetMs).toBe(100);
  });
});

describe('knobs', () => {
  it('are read from settings, with durations and off', () => {
    const patch = parseKnobSettings([
      'rest.limit=600',
      'maxSessions=200',
      'overCap=429',
      'hangMs=30s',
      'latency.upgrade.base=40',
      'drop.how=close:1012',
      'idleMs=10s',
      'idleMs=off',
    ]);
    const knobs = applyKnobs(healthyKnobs, patch);
    expect(knobs).toMatchObject({
      rest: { limit: 600, windowMs: 60_000, scope: 'token', countRejected: true },
      maxSessions: 200,
      overCap: '429',
      hangMs: 30_000,
      latency: { upgrade: { base: 40, perActive: 0 } },
      drop: { everyNth: 9, how: 'close:1012' },
      idleMs: null,
    });
    expect(healthyKnobs.rest).toBeNull();
  });

  it('are refused all at once, each in a sentence of its own', () => {
    const settings = [
      'quota=100',
      'restBuckets.a b.limit=3',
      'nonsense=1',
      'rest.limit=none',
      'overCap=maybe',
      'drop.how=close:1006',
      'scale=-1',
      'maxSessions',
      'rest=5',
      '__proto__.x=1',
    ];
    let message = '';
    try {
      parseKnobSettings(settings);
    } catch (error) {
      message = (error as Error).message;
    }
    for (const part of [
      'quota: "100" is not a group of calls, retryAfterMs, scope',
      'write it as name=value',
      'nonsense: no such knob; here are seed, scale',
      'overCap: "maybe" is none of 503, 429',
      'drop.how: "close:1006" is none of fin, rst',
      'scale: "-1" is not a number from 0.001 to 1000',
      '"maxSessions": write it as name=value',
      'rest: "5" is not a group of limit',
      '__proto__: no such knob',
    ]) {
      expect(message).toContain(part);
    }
  });

  it('are given by name where there may be several, and taken away by null', () => {
    const patch = parseKnobSettings([
      'restBuckets.calls.limit=60',
      'restBuckets.calls.match=POST /x',
    ]);
    const knobs = applyKnobs(healthyKnobs, patch);
    expect(knobs.restBuckets.calls).toMatchObject({ limit: 60, match: 'POST /x', headers: false });
    expect(applyKnobs(knobs, { restBuckets: { calls: { limit: 70 } } }).restBuckets).toMatchObject({
      calls: { limit: 70, match: 'POST /x' },
    });
    expect(applyKnobs(knobs, { restBuckets: { calls: null } }).restBuckets).toEqual({});
    const many = Object.fromEntries(Array.from({ length: 101 }, (_, i) => [`b${i}`, {}]));
    expect(() => applyKnobs(healthyKnobs, { restBuckets: many })).toThrow('100 at most');
    expect(() => parseKnobSettings(['restBuckets=3'])).toThrow('is no object of names');
  });

  it('take true and false for the ways of Retry-After that mean them', () => {
    const retryAfter = (given: string) =>
      applyKnobs(healthyKnobs, parseKnobSettings([`handshakes.retryAfter=${given}`])).handshakes
        ?.retryAfter;
    expect(['true', 'false', 'asctime'].map(retryAfter)).toEqual(['delta', 'none', 'asctime']);
    expect(() => retryAfter('soon')).toThrow('is none of delta, date, rfc850, asctime, none');
  });

  it('are all explained, or say enough by their names and values', () => {
    const lines = describeKnobs();
    for (const { name, kind, about } of lines) {
      expect([name, kind || about]).not.toEqual([name, '']);
    }
    expect(lines.find(({ name }) => name === 'hangMs')?.value).toBe('30s');
    expect(lines.find(({ name }) => name === 'idleMs')?.value).toBe('off');
    expect(lines.find(({ name }) => name === 'restBuckets.NAME.limit')?.value).toBe('300');
    expect(new Set(lines.map(({ name }) => name)).size).toBe(lines.length);
  });

  it('that do not go together are refused', () => {
    expect(() => parseKnobSettings(['rest.burst=5'])).toThrow(
      'rest: burst is the size of a bucket',
    );
    expect(() => parseKnobSettings(['dialog.minDigits=3'])).toThrow('minDigits 3 is above');
    expect(applyKnobs(healthyKnobs, { rest: { burst: 5, anchor: 'bucket' } }).rest?.burst).toBe(5);
  });

  it('of every preset are good, and an unknown preset is refused by name', () => {
    for (const name of presetNames) applyKnobs(healthyKnobs, presetKnobs(name));
    expect(presetNames).toEqual(describePresets().map(({ name }) => name));
    expect(presetNames).toContain('seed-004');
    for (const { name, twin, verdict, plan } of describePresets()) {
      expect([name, verdict === '', plan === '']).toEqual([name, false, false]);
      if (name !== 'healthy')
        expect([name, presetNames]).toEqual([name, expect.arrayContaining([twin])]);
    }
    expect(() => presetKnobs('token-calm')).toThrow('no preset "token-calm"; there are healthy,');
  });
});

describe('Retry-After', () => {
  it('is whole seconds, at least one, and exact beside it when time is scaled', () => {
    expect(retryHeaders(2_100, 'delta', 1)).toEqual({ 'Retry-After': '3' });
    expect(retryHeaders(210, 'delta', 0.1)).toEqual({
      'Retry-After': '1',
      'Retry-After-Ms': '210',
    });
    expect(retryHeaders(210, 'none', 0.1)).toEqual({});
    expect(retryHeaders(2_100, 'date', 1)['Retry-After']).toMatch(
      /^\w{3}, \d\d \w{3} \d{4} .* GMT$/,
    );
  });
});

describe('the ledger', () => {
  const entry = { t: 1, kind: 'ws', decision: 'drop', corr: 'c', active: 3 } as const;

  it('numbers decisions and answers those after a given one', () => {
    const ledger = new Ledger();
    for (let i = 0; i < 5; i++) ledger.add(entry);
    expect(ledger.entries(3).map(({ ordinal }) => ordinal)).toEqual([4, 5]);
    expect(ledger.entries()).toHaveLength(5);
    ledger.clear();
    ledger.add(entry);
    expect(ledger.entries()).toEqual([{ ...entry, ordinal: 1 }]);
  });

  it('keeps a bounded number in memory and all of them in its file', () => {
    const folder = mkdtempSync(join(tmpdir(), 'ledger-'));
    try {
      const file = join(folder, 'out.ndjson');
      const ledger = new Ledger(file);
      const count = limits.simulatorLedgerEntries * 1.2;
      for (let i = 0; i < count; i++) ledger.add(entry);
      ledger.close();
      const kept = ledger.entries();
      expect(kept.length).toBeLessThanOrEqual(limits.simulatorLedgerEntries * 1.1);
      expect(kept.at(-1)?.ordinal).toBe(count);
      expect(ledger.entries(count - 1)).toHaveLength(1);
      const lines = readFileSync(file, 'utf8').trimEnd().split('\n');
      expect(lines).toHaveLength(count);
      expect(JSON.parse(lines[0] as string)).toEqual({ ...entry, ordinal: 1 });
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('says so when its file cannot be written', () => {
    expect(() => new Ledger(join(tmpdir(), 'no-such-folder', 'x'))).toThrow('cannot be written');
  });
});

describe('tokens', () => {
  it('expire, and a client above its number of live tokens loses the oldest', () => {
    const tokens = new Tokens();
    tokens.add('a', { client: 'x', expiresAt: 100 }, 2, 0);
    tokens.add('b', { client: 'x', expiresAt: 200 }, 2, 0);
    tokens.add('z', { client: 'y', expiresAt: 200 }, 2, 0);
    expect(tokens.isLive('a', 99)).toBe(true);
    expect(tokens.isLive('a', 100)).toBe(false);
    tokens.add('c', { client: 'x', expiresAt: 200 }, 2, 150);
    expect(tokens.isLive('b', 150)).toBe(true);
    tokens.add('d', { client: 'x', expiresAt: 200 }, 2, 150);
    expect(['b', 'c', 'd', 'z'].map((token) => tokens.isLive(token, 150))).toEqual([
      false,
      true,
      true,
      true,
    ]);
  });
});

describe('latency', () => {
  const make = (patch: KnobPatch): Platform =>
    new Platform(applyKnobs(healthyKnobs, patch), new Ledger());

  it('is a base, a part per active session, and noise that can be replayed', () => {
    const plain = make({ latency: { upgrade: { base: 40, perActive: 12 } }, scale: 0.5 });
    expect(plain.latencyMs('upgrade')).toBe(40);
    plain.sessions.add({} as Session);
    expect(plain.latencyMs('upgrade')).toBe(52);
    expect(plain.scaled(52)).toBe(26);
    const noisy = () => make({ latency: { rest: { sigma: 1 } } }).latencyMs('rest');
    expect(noisy()).toBe(noisy());
    expect(noisy()).toBeGreaterThan(0);
  });

  it('of a new connection is paid once', () => {
    const platform = make({ latency: { connectMs: 30 } });
    const socket = {};
    expect([platform.greetingMs(socket), platform.greetingMs(socket)]).toEqual([30, 0]);
  });
});

describe('the turnstile', () => {
  it('lets in as many as there are places, and forgets those that leave the queue', () => {
    const inside: string[] = [];
    const turnstile = new Turnstile(() => 1);
    const leave = ['a', 'b', 'c'].map((name) => turnstile.enter(() => inside.push(name)));
    expect(inside).toEqual(['a']);
    leave[1]?.();
    leave[0]?.();
    leave[0]?.();
    expect(inside).toEqual(['a', 'c']);
  });
});

describe('the dialogue', () => {
  const knobs: DialogueKnobs = { ...healthyKnobs.dialog, firstMessageMs: 10, turnMs: 5 };

  /** A dialogue on a line whose time passes when told to. */
  function call(changes: Partial<DialogueKnobs> = {}, isSlow = false) {
    const said: Record<string, unknown>[] = [];
    const closed: string[] = [];
    let timers: { at: number; run: () => void }[] = [];
    let now = 0;
    const after = (ms: number, run: () => void) => {
      const timer = { at: now + ms, run };
      timers.push(timer);
      return () => {
        timers = timers.filter((other) => other !== timer);
      };
    };
    const dialogue = new Dialogue(
      {
        send: (message) => said.push(message),
        close: (code, reason) => closed.push(`${code} ${reason}`),
        after,
        lookUp: (wait, done) => {
          if (!isSlow) return done();
          wait();
          after(100, done);
        },
        excess: () => undefined,
      },
      { ...knobs, ...changes },
      'corr',
    );
    dialogue.start();
    return {
      said,
      closed,
      receive: (message: unknown) => dialogue.receive(JSON.stringify(message)),
      dialogue,
      pass: (ms: number) => {
        const end = now + ms;
        for (;;) {
          const next = timers.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0];
          if (!next) break;
          timers = timers.filter((other) => other !== next);
          now = next.at;
          next.run();
        }
        now = end;
      },
    };
  }

  it('prompts twice, gathers, transfers and closes after the hold', () => {
    const { said, closed, receive, pass } = call({ holdMs: 1_000 });
    pass(9);
    expect(said).toEqual([]);
    pass(11);
    receive({ type: 'digits', seq: 1, digits: '1' });
    pass(5);
    expect(said).toEqual([
      {
        type: 'prompt',
        seq: 1,
        id: 'welcome',
        text: expect.any(String),
        durationMs: 600,
        correlationId: 'corr',
      },
      {
        type: 'prompt',
        seq: 2,
        id: 'menu',
        text: expect.any(String),
        durationMs: 600,
        correlationId: 'corr',
      },
      { type: 'gather', seq: 3, minDigits: 1, maxDigits: 1, timeoutMs: 5_000, interDigitMs: 2_000 },
      { type: 'transfer', seq: 4, target: 'queue:support' },
    ]);
    expect(closed).toEqual([]);
    pass(1_000);
    expect(closed).toEqual(['1000 completed']);
  });

  it('says that it is processing only when that takes time', () => {
    const { said, receive, pass } = call({ prompts: 1 }, true);
    pass(15);
    receive({ type: 'digits', digits: '1' });
    expect(said.at(-1)).toEqual({ type: 'processing' });
    pass(105);
    expect(said.at(-1)).toEqual({ type: 'transfer', seq: 3, target: 'queue:support' });
  });

  it('reminds twice of missing digits and then disconnects', () => {
    const { said, closed, pass } = call();
    pass(20 + 10_000);
    expect(said.slice(3)).toEqual([
      { type: 'noInput', attempt: 1 },
      { type: 'noInput', attempt: 2 },
      { type: 'disconnect', reason: 'timeout' },
    ]);
    expect(closed).toEqual(['1000 timeout']);
  });

  it('takes several digits one by one, and enough of them after a pause', () => {
    const { said, receive, pass } = call({ minDigits: 2, maxDigits: 4 });
    pass(20);
    receive({ type: 'digits', digits: '1' });
    pass(1_999);
    receive({ type: 'digits', digits: '2' });
    pass(1_999);
    expect(said.at(-1)?.type).toBe('gather');
    pass(10);
    expect(said.at(-1)?.type).toBe('transfer');
  });

  it('echoes a ping at any time', () => {
    const { said, receive } = call();
    receive({ type: 'ping', t: 42 });
    expect(said).toEqual([{ type: 'pong', t: 42 }]);
  });

  it('answers mistakes, and closes at the third', () => {
    const { said, closed, receive, dialogue, pass } = call();
    receive({ type: 'digits', digits: '1' });
    dialogue.receive('{oops');
    expect(closed).toEqual([]);
    pass(20);
    receive({ type: 'digits', digits: 'x' });
    expect(said.filter(({ type }) => type === 'error').map(({ code }) => code)).toEqual([
      409, 400, 400,
    ]);
    expect(closed).toEqual(['1008 too many errors']);
  });
});
