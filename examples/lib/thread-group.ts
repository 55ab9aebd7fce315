/** JMeter's thread group: threads that start one after another, and run once each. */
import { exec, type PerVuIterations, sleep } from 'vurun';
import { numberFrom } from './numbers.ts';

/** Who comes, and when. All times are seconds. */
export interface ThreadGroup {
  readonly threads: number;
  readonly rampUp: number;
  /** How long everybody stays after the last one has come. */
  readonly hold: number;
}

/** A group as it is planned, unless `-e VUS=…`, `-e RAMP=…` or `-e HOLD=…` say otherwise. */
export function threadGroup(plan: ThreadGroup): ThreadGroup {
  return {
    threads: numberFrom('VUS', plan.threads),
    rampUp: numberFrom('RAMP', plan.rampUp),
    hold: numberFrom('HOLD', plan.hold),
  };
}

/** The scenario of a group: one VU for each thread. */
export function threads({ threads: vus }: ThreadGroup): PerVuIterations {
  return { executor: 'per-vu-iterations', vus, iterations: 1, maxDuration: '10m' };
}

/** Waits until it is this thread's turn to start. */
export function untilTurn({ threads: count, rampUp }: ThreadGroup): Promise<void> {
  return sleep((rampUp * exec.scenario.iterationInTest) / count);
}

/** Milliseconds from now to the end of the group. */
export function untilEnd({ rampUp, hold }: ThreadGroup): number {
  return Math.max(0, exec.scenario.startTime + (rampUp + hold) * 1000 - Date.now());
}
