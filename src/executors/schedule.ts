/**
 * When iterations of an open model are to start: pure arithmetic on milliseconds since the scenario's
 * start. Each instant is computed from the iteration's number alone and never by adding up periods, so
 * that nothing drifts and every shard, on every machine, finds the same instants.
 */
import type { ScenarioPlanInput } from '../script/config.ts';

type Of<Name extends ScenarioPlanInput['executor']> = Extract<
  ScenarioPlanInput,
  { executor: Name }
>;

export interface Schedule {
  /** How many iterations are to start in all. */
  count: number;
  /** When iteration `n`, from 0 to count - 1, is to start; ascending. */
  at(n: number): number;
}

/** Iteration n starts at n periods: the first at once, the last before the end. */
export function constantSchedule(
  scenario: Pick<Of<'constant-arrival-rate'>, 'rate' | 'timeUnitMs' | 'durationMs'>,
): Schedule {
  const { rate, timeUnitMs, durationMs } = scenario;
  const at = (n: number): number => (n * timeUnitMs) / rate;
  let count = Math.ceil((durationMs * rate) / timeUnitMs);
  // The quotient is rounded and may miss by one what `at` says.
  while (count > 0 && at(count - 1) >= durationMs) count--;
  while (at(count) < durationMs) count++;
  return { count, at };
}

/**
 * The rate goes in straight lines from target to target; iteration n (from 0) starts when the area
 * under it reaches n + 1, as in k6. The last may start exactly at the end.
 */
export function rampingSchedule(
  scenario: Pick<Of<'ramping-arrival-rate'>, 'startRate' | 'timeUnitMs' | 'stages'>,
): Schedule {
  const { startRate, timeUnitMs, stages } = scenario;
  // Areas are kept times 2 time units: whole numbers for whole milliseconds, so that sums are exact.
  const scale = 2 * timeUnitMs;
  const spans: { from: number; ms: number; a: number; b: number; before: number }[] = [];
  let from = 0;
  let before = 0;
  let a = startRate;
  for (const { durationMs: ms, target: b } of stages) {
    if (ms > 0 && a + b > 0) spans.push({ from, ms, a, b, before });
    from += ms;
    before += ms * (a + b);
    a = b;
  }
  return {
    count: Math.floor(before / scale),
    at(n) {
      const wanted = (n + 1) * scale;
      let low = 0;
      let high = spans.length - 1;
      // The last span that begins with less than what is wanted.
      while (low < high) {
        const middle = (low + high + 1) >> 1;
        if ((spans[middle] as (typeof spans)[number]).before < wanted) low = middle;
        else high = middle - 1;
      }
      const span = spans[low] as (typeof spans)[number];
      const rest = wanted - span.before;
      // 2at + (b - a)t²/d = rest, solved so that nothing cancels out, whichever way the rate goes.
      const root = Math.sqrt(Math.max(0, span.a * span.a + (rest * (span.b - span.a)) / span.ms));
      return span.from + Math.min(span.ms, rest / (span.a + root));
    },
  };
}

/** The rate a schedule has at an instant, in iterations per time unit. */
export function rateAt(
  scenario: Of<'constant-arrival-rate'> | Of<'ramping-arrival-rate'>,
  ms: number,
): number {
  if (scenario.executor === 'constant-arrival-rate') return scenario.rate;
  let before = scenario.startRate;
  let left = ms;
  for (const { durationMs, target } of scenario.stages) {
    if (left < durationMs) return before + ((target - before) * left) / durationMs;
    left -= durationMs;
    before = target;
  }
  return before;
}
