/** When VUs are wanted: pure arithmetic on milliseconds since the scenario's start. */
import type { ScenarioPlanInput } from '../script/config.ts';
import { regularDurationMs, scenarioVUs } from '../script/describe.ts';

type Ramping = Extract<ScenarioPlanInput, { executor: 'ramping-vus' }>;

/** A span in which one VU is wanted. `to` is when it is told to stop, not when it must be gone. */
export interface Span {
  from: number;
  to: number;
}

/**
 * When the VU of a rank (from 0) is wanted in a ramping-vus scenario.
 *
 * Going from u to v VUs in d, ending at E: VU number n appears at E - d(v-n)/(v-u), the first one a
 * step after the stage's start; going down, VU number n leaves at E - d(n-v-1)/(u-v), the highest
 * first, the last exactly at E. A stage of no length jumps.
 */
export function rampingSpans(scenario: Ramping, rank: number): Span[] {
  const number = rank + 1;
  const spans: Span[] = [];
  let on: number | undefined = number <= scenario.startVUs ? 0 : undefined;
  let before = scenario.startVUs;
  let end = 0;
  for (const { durationMs, target } of scenario.stages) {
    end += durationMs;
    if (target > before && number > before && number <= target) {
      on = end - (durationMs * (target - number)) / (target - before);
    } else if (target < before && number > target && number <= before) {
      const off = end - (durationMs * (number - target - 1)) / (before - target);
      if (on !== undefined && off > on) spans.push({ from: on, to: off });
      on = undefined;
    }
    before = target;
  }
  if (on !== undefined && end > on) spans.push({ from: on, to: end });
  return spans;
}

/** When the VU of a rank has to be reserved, its graceful stop included. */
export function reservedSpans(scenario: ScenarioPlanInput, rank: number): Span[] {
  const end = regularDurationMs(scenario);
  const last = end + scenario.gracefulStopMs;
  if (scenario.executor !== 'ramping-vus') {
    return rank < scenarioVUs(scenario) ? [{ from: 0, to: last }] : [];
  }
  const reserved: Span[] = [];
  for (const { from, to } of rampingSpans(scenario, rank)) {
    const until = to >= end ? last : Math.min(last, to + scenario.gracefulRampDownMs);
    const previous = reserved.at(-1);
    if (previous !== undefined && previous.to >= from) previous.to = Math.max(previous.to, until);
    else reserved.push({ from, to: until });
  }
  return reserved;
}

/** The largest number of spans that overlap at any instant. */
export function mostAtOnce(spans: readonly Span[]): number {
  const events: [number, number][] = [];
  for (const { from, to } of spans) {
    if (to > from) events.push([from, 1], [to, -1]);
  }
  // A span that ends at an instant makes room for one that begins there.
  events.sort((a, b) => a[0] - b[0] || a[1] - b[1]);
  let now = 0;
  let most = 0;
  for (const [, change] of events) {
    now += change;
    most = Math.max(most, now);
  }
  return most;
}
