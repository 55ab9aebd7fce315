/** The open model on a clock of its own: hours pass in milliseconds. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { ExecutorContext, Runner } from '../src/executors/contract.ts';
import { runScenario } from '../src/executors/executors.ts';
import { Halt } from '../src/executors/halt.ts';
import { constantSchedule, rampingSchedule } from '../src/executors/schedule.ts';
import { Stalls } from '../src/executors/stalls.ts';
import type { ArrivalPlanInput } from '../src/script/config.ts';

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] }));
afterEach(() => void vi.useRealTimers());

const base = {
  name: 's',
  startTimeMs: 0,
  gracefulStopMs: 30_000,
  exec: 'default',
  env: {},
  tags: {},
  timeUnitMs: 1_000,
};

interface Audit {
  /** Milliseconds after the scenario's start, in order. */
  starts: number[];
  ids: number[];
  recorded: Record<string, number>;
  dropped: Record<string, number>;
  waited: number[];
  worstLateness: number;
  warnings: string[];
  over: boolean;
}

/**
 * Plays a scenario with VUs whose iterations take `takesMs`, as one of `shards`; as the successor of one that
 * was lost if it begins `lateMs` after the scenario's start and `before` starts were made.
 */
function play(
  scenario: ArrivalPlanInput,
  takesMs: (startedAt: number) => number,
  { index = 0, shards = 1, minIterationMs = 0, retired = 0, lateMs = 0, before = 0 } = {},
): { audit: Audit; abort: Halt } {
  const audit: Audit = {
    starts: [],
    ids: [],
    recorded: {},
    dropped: {},
    waited: [],
    worstLateness: 0,
    warnings: [],
    over: false,
  };
  const startsAt = performance.now() - lateMs;
  const abort = new Halt();
  let made = 0;
  let rounds = 0;
  const runner = (): Runner => {
    let cut: (() => void) | undefined;
    const vuId = ++made;
    const isRetired = vuId <= retired;
    return {
      vuId,
      isRetired,
      runIteration(ids, listener) {
        if (isRetired) {
          listener.iterationEnded('interrupted');
          return;
        }
        const now = performance.now();
        listener.iterationBegan?.(now);
        audit.starts.push(now - startsAt);
        audit.ids.push(ids.inTest);
        audit.waited.push(ids.waitedMs ?? Number.NaN);
        const timer = setTimeout(
          () => {
            cut = undefined;
            listener.iterationEnded('complete');
          },
          takesMs(now - startsAt),
        );
        cut = () => {
          clearTimeout(timer);
          cut = undefined;
          listener.iterationEnded('interrupted');
        };
      },
      interrupt: () => cut?.(),
      revive: () => Promise.resolve(true),
    };
  };
  const context: ExecutorContext = {
    scenario,
    share: { index, shards, offset: 0 },
    clock: { now: () => performance.now(), since: (t) => t, wall: (t) => t },
    startsAt,
    take: () => Promise.resolve(runner()),
    takeFurther: () => Promise.resolve(made < scenario.maxVUs ? runner() : undefined),
    give: () => undefined,
    report: { name: 's', state: 'running', vusActive: 0, iterationsDone: 0, behindMs: 0 },
    started: Float64Array.of(before, before),
    dropped: (count, reason = 'none' as never) => {
      audit.dropped[reason] = (audit.dropped[reason] ?? 0) + count;
    },
    record: (metric, value) => {
      audit.recorded[metric] = (audit.recorded[metric] ?? 0) + value;
      if (metric === 'iteration_lateness') {
        audit.worstLateness = Math.max(audit.worstLateness, value);
      }
    },
    minIterationMs,
    rounds: () => rounds++,
    abort,
    log: (message) => audit.warnings.push(message),
  };
  void runScenario(context).then(() => {
    audit.over = true;
  });
  return { audit, abort };
}

const constant = (more: object): ArrivalPlanInput => ({
  ...base,
  executor: 'constant-arrival-rate',
  rate: 10,
  durationMs: 10_000,
  preAllocatedVUs: 10,
  maxVUs: 10,
  whenBusy: 'drop',
  ...more,
});

describe('an open model', () => {
  it('keeps an hour of ramps to the last start, on four shards as on one', async () => {
    const scenario: ArrivalPlanInput = {
      ...base,
      executor: 'ramping-arrival-rate',
      startRate: 0,
      stages: [
        { durationMs: 1_800_000, target: 10 },
        { durationMs: 1_200_000, target: 3 },
        { durationMs: 600_000, target: 0 },
      ],
      preAllocatedVUs: 20,
      maxVUs: 20,
      whenBusy: 'drop',
    };
    const { count, at } = rampingSchedule(scenario);
    const played = [0, 1, 2, 3].map((index) => play(scenario, () => 5, { index, shards: 4 }).audit);
    await vi.advanceTimersByTimeAsync(3_700_000);
    const starts = played.flatMap((audit) => audit.starts).toSorted((a, b) => a - b);
    expect(played.every(({ over }) => over)).toBe(true);
    expect(starts).toHaveLength(count);
    // The fake clock's timers have the grain of a millisecond; at the end nothing has drifted.
    for (const n of [0, 1, 1_000, count - 2, count - 1]) {
      expect(starts[n]).toBeGreaterThanOrEqual(at(n));
      expect(starts[n]).toBeLessThan(at(n) + 2);
    }
    const ids = played.flatMap((audit) => audit.ids).toSorted((a, b) => a - b);
    expect(ids).toEqual(Array.from({ length: count }, (_, n) => n));
  });

  it('has no drift after a day of a period that is no whole number', async () => {
    const scenario = constant({ rate: 7, timeUnitMs: 60_000, durationMs: 86_400_000 });
    const { audit } = play(scenario, () => 50);
    await vi.advanceTimersByTimeAsync(86_500_000);
    const { count, at } = constantSchedule(scenario as never);
    expect(audit.starts).toHaveLength(count);
    expect((audit.starts[count - 1] as number) - at(count - 1)).toBeLessThan(2);
  });

  it('drops what finds no VU, says why, and counts it exactly', async () => {
    const { audit } = play(constant({ preAllocatedVUs: 2, maxVUs: 2 }), () => 950);
    await vi.advanceTimersByTimeAsync(20_000);
    // Two VUs of 0.95 s each take two starts a second of the ten.
    expect(audit.recorded['iterations_offered']).toBe(100);
    expect(audit.starts.length + (audit.dropped['no_free_vu'] ?? 0)).toBe(100);
    expect(audit.starts).toHaveLength(20);
    expect(audit.dropped).toEqual({ no_free_vu: 80 });
    expect(audit.warnings).toEqual([
      'Insufficient VUs, reached 2 active VUs and cannot initialize more',
    ]);
  });

  it('lets them wait instead, if asked to, and knows for how long', async () => {
    const { audit } = play(
      constant({ preAllocatedVUs: 1, maxVUs: 1, durationMs: 5_000, whenBusy: 'wait' }),
      (at) => (at < 1_000 ? 1_000 : 10),
    );
    await vi.advanceTimersByTimeAsync(20_000);
    expect(audit.starts).toHaveLength(50);
    expect(audit.dropped).toEqual({});
    // The one due at 0.5 s waited until the first was over, and the four before it.
    expect(audit.waited[5]).toBeGreaterThan(500);
    expect(audit.waited[5]).toBeLessThan(600);
    expect(audit.waited.at(-1)).toBe(0);
    expect(audit.worstLateness).toBeLessThan(limitsLate);
  });

  it('gives up at its end what still waits', async () => {
    const { audit } = play(
      constant({ preAllocatedVUs: 1, maxVUs: 1, durationMs: 2_000, whenBusy: 'wait' }),
      () => 1_500,
    );
    await vi.advanceTimersByTimeAsync(20_000);
    expect(audit.over).toBe(true);
    expect(audit.starts).toHaveLength(2);
    expect(audit.dropped).toEqual({ no_free_vu: 18 });
  });

  it('makes VUs ahead of need, up to the most it may have', async () => {
    const { audit } = play(constant({ preAllocatedVUs: 1, maxVUs: 8 }), () => 550);
    await vi.advanceTimersByTimeAsync(20_000);
    // Ten a second that take 0.55 s are six at once: nobody is dropped once they are there.
    expect(audit.starts.length).toBeGreaterThan(95);
    expect(audit.warnings).toEqual([]);
  });

  it('stops at once when the run is aborted', async () => {
    const { audit, abort } = play(constant({}), () => 5_000);
    await vi.advanceTimersByTimeAsync(2_050);
    abort.call();
    await vi.advanceTimersByTimeAsync(10);
    expect(audit.over).toBe(true);
    const seen = audit.starts.length;
    await vi.advanceTimersByTimeAsync(20_000);
    expect(audit.starts).toHaveLength(seen);
  });
});

describe('a shard that was made anew', () => {
  const waits = constant({ preAllocatedVUs: 2, maxVUs: 2, whenBusy: 'wait' });

  it('does not blame the target for the time it was not there', async () => {
    const { audit } = play(waits, () => 20, { lateMs: 7_000, before: 50 });
    await vi.advanceTimersByTimeAsync(20_000);
    expect(audit.starts).toHaveLength(50);
    // Twenty of them came while nobody was there, and the last of these waited for nine others of each VU.
    expect(audit.worstLateness).toBeGreaterThan(1_900);
    expect(Math.max(...audit.waited)).toBeGreaterThan(150);
    expect(Math.max(...audit.waited)).toBeLessThan(250);
  });

  it('starts nothing when the scenario is long over, and says whose fault it was', async () => {
    const { audit } = play(waits, () => 20, { lateMs: 15_000, before: 50 });
    await vi.advanceTimersByTimeAsync(1_000);
    expect(audit.over).toBe(true);
    expect(audit.starts).toHaveLength(0);
    expect(audit.recorded['iterations_offered']).toBe(50);
    expect(audit.dropped).toEqual({ generator_behind: 50 });
  });
});

describe('the end of an open model', () => {
  it('counts the last start where nothing is left of the scenario after it', async () => {
    const { audit } = play(
      {
        ...base,
        executor: 'ramping-arrival-rate',
        gracefulStopMs: 0,
        startRate: 100,
        stages: [{ durationMs: 2_000, target: 100 }],
        preAllocatedVUs: 10,
        maxVUs: 10,
        whenBusy: 'drop',
      },
      () => 5,
    );
    await vi.advanceTimersByTimeAsync(3_000);
    expect(audit.over).toBe(true);
    expect(audit.recorded['iterations_offered']).toBe(200);
    expect(audit.recorded['iterations_started']).toBe(200);
    expect(audit.dropped).toEqual({});
  });

  it('does not wait for the pauses of minIterationDuration beyond gracefulStop', async () => {
    const { audit } = play(constant({ durationMs: 1_000, gracefulStopMs: 500 }), () => 5, {
      minIterationMs: 60_000,
    });
    await vi.advanceTimersByTimeAsync(1_600);
    expect(audit.starts).toHaveLength(10);
    expect(audit.over).toBe(true);
  });
});

describe('a VU that was taken out of the run', () => {
  it('is given no starts', async () => {
    const { audit } = play(constant({ preAllocatedVUs: 3, maxVUs: 3 }), () => 5, { retired: 1 });
    await vi.advanceTimersByTimeAsync(20_000);
    expect(audit.starts).toHaveLength(100);
    expect(audit.recorded['iterations_started']).toBe(100);
    expect(audit.recorded['iterations_offered']).toBe(100);
  });
});

/** What `limits.lateMs` calls late. */
const limitsLate = 10;

describe('stalls', () => {
  it('are told from waiting by the timers that fired late', () => {
    const stalls = new Stalls();
    stalls.woke(100, 101, 1);
    stalls.woke(200, 450, 2);
    stalls.woke(Number.NaN, 900, 3);
    stalls.woke(1_000, 1_100, 4);
    expect(stalls.within(0, 2_000, 5)).toBe(350);
    expect(stalls.within(300, 1_050, 5)).toBe(200);
    expect(stalls.within(450, 1_000, 5)).toBe(0);
    stalls.forget();
    expect(stalls.within(0, 2_000, 5)).toBe(0);
  });

  it('count only if there was something to do', () => {
    const stalls = new Stalls();
    // All VUs wait for the target: no round is run before, during and after it.
    stalls.woke(100, 101, 7);
    stalls.woke(200, 300, 7);
    stalls.woke(310, 311, 7);
    expect(stalls.within(0, 1_000, 7)).toBe(0);
    // What came meanwhile is handled right after it.
    stalls.woke(320, 420, 7);
    expect(stalls.within(0, 1_000, 7)).toBe(0);
    expect(stalls.within(0, 1_000, 8)).toBe(100);
  });
});
