/**
 * `vurun/load`: the course of a load and its rate, written as people say it. All of it gives plain
 * values for `export const options`. Durations are as everywhere in options: text such as '30s' or
 * '1m30s', and a number is milliseconds.
 */
import type { Duration, Stage } from '../contract/options.ts';
import { durationMs, shown } from '../globals/arguments.ts';

export type { Duration, Stage } from '../contract/options.ts';

/** A stage that keeps the level before it; `stages` knows which that is. */
export interface Hold {
  /** Milliseconds. */
  duration: number;
}

/** What `steps` takes. Levels are VUs, or iterations per `timeUnit` in a ramping-arrival-rate scenario. */
export interface Steps {
  /** The first level of the ladder. Default: one step from the level before it, or from 0. */
  from?: number;
  /** Size of a step, up or down; the last one is smaller when `to` would be passed. */
  by: number;
  /** The last level. */
  to: number;
  /** From the beginning of one step to that of the next. */
  every: Duration;
  /** How much of `every` a step ramps before it holds its level. Default 0: it jumps. */
  over?: Duration;
}

/** Steps whose first level may depend on what stands before them. Durations are milliseconds. */
export interface Ladder {
  from: number | undefined;
  by: number;
  to: number;
  every: number;
  over: number;
}

// A scenario has no more than these.
const stagesMost = 10_000;

/** A whole number of at least `least`. */
function whole(value: unknown, least: number, what: string): number {
  if (!Number.isSafeInteger(value) || (value as number) < least) {
    throw new TypeError(`${what} must be a whole number of at least ${least}, not ${shown(value)}`);
  }
  return value as number;
}

/** From the level before it to `target`, evenly, within `duration`; 0 is a jump. */
export function ramp(target: number, duration: Duration): Stage {
  return {
    duration: durationMs(duration, 'ramp(target, duration)'),
    target: whole(target, 0, 'ramp(target, duration): target'),
  };
}

/** Keeps the level before it for `duration`. It stands in `stages`, after something else. */
export function hold(duration: Duration): Hold {
  return { duration: durationMs(duration, 'hold(duration)') };
}

const stepFields: readonly string[] = ['from', 'by', 'to', 'every', 'over'];

/**
 * A ladder, up or down: each step jumps to its level, or ramps there `over` some time, and holds it for
 * the rest of `every`. A level of 0 is not held, since nothing runs at it. It stands in `stages`.
 */
export function steps(ladder: Steps): Ladder {
  const what = 'steps({ from, by, to, every, over })';
  if (typeof ladder !== 'object' || ladder === null) {
    throw new TypeError(`${what} takes an object, not ${shown(ladder)}`);
  }
  const stray = Object.keys(ladder).find((key) => !stepFields.includes(key));
  if (stray !== undefined) throw new TypeError(`${what}: there is no '${stray}'`);
  const { from, over = 0 } = ladder;
  const out: Ladder = {
    from: from === undefined ? undefined : whole(from, 0, `${what}: from`),
    by: whole(ladder.by, 1, `${what}: by`),
    to: whole(ladder.to, 0, `${what}: to`),
    every: durationMs(ladder.every, `${what}: every`),
    over: durationMs(over, `${what}: over`),
  };
  if (out.every === 0) throw new TypeError(`${what}: every must be more than 0`);
  if (out.over > out.every) {
    throw new TypeError(`${what}: over (${over}) is longer than every (${ladder.every})`);
  }
  return out;
}

/** The levels of a ladder that begins when the load is at `before`. */
function levels({ from, by, to }: Ladder, before: number): number[] {
  const start = from ?? before;
  const count = Math.ceil(Math.abs(to - start) / by);
  if (count === 0) {
    throw new TypeError(`steps() begin and end at ${to}, so there is no step; write hold()`);
  }
  if (2 * count > stagesMost) {
    throw new TypeError(
      `steps() by ${by} from ${start} to ${to} are ${count}, and a scenario has ${stagesMost} stages at most, two for a step; take larger steps, or ramp()`,
    );
  }
  const step = to > start ? by : -by;
  const out = from === undefined || from === 0 ? [] : [from];
  for (let n = 1; n < count; n++) out.push(start + n * step);
  out.push(to);
  return out;
}

function climb(ladder: Ladder, before: number): Stage[] {
  const { every, over } = ladder;
  return levels(ladder, before).flatMap((target) => {
    const change = { duration: over, target };
    return target === 0 || over === every ? [change] : [change, { duration: every - over, target }];
  });
}

/**
 * The `stages` of a ramping-vus or ramping-arrival-rate scenario, or of the options themselves: one part
 * after the other, each beginning at the level where the one before it ended. Stages as k6 has them,
 * `{ duration, target }`, may stand among them.
 */
export function stages(...parts: (Stage | Hold | Ladder)[]): Stage[] {
  const out: Stage[] = [];
  for (const part of parts as unknown[]) {
    const before = out.at(-1)?.target;
    if (typeof part !== 'object' || part === null || !('by' in part || 'duration' in part)) {
      throw new TypeError(
        `stages(...): each part is a ramp(), hold(), steps() or { duration, target }, not ${shown(part)}`,
      );
    }
    if ('by' in part) out.push(...climb(part as Ladder, before ?? 0));
    else if ('target' in part) out.push(part as Stage);
    else if (before === undefined) {
      throw new TypeError(
        'stages(...): hold() comes first, and there is no level to hold yet; begin with ramp(target, 0)',
      );
    } else out.push({ ...(part as Hold), target: before });
  }
  return out;
}

/** How often iterations start in a constant-arrival-rate scenario: spread it into one. */
export interface ArrivalRate {
  rate: number;
  timeUnit: string;
}

/** What a ramping-arrival-rate scenario starts from; its stages count in the same unit. */
export interface StartRate {
  startRate: number;
  timeUnit: string;
}

type Unit = 's' | 'm' | 'h';

function greatestDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestDivisor(b, a % b);
}

/** A scenario's rate is whole, so 0.5 a second is written as 1 in two seconds, which is the same. */
function arrivals(rate: number, unit: Unit, name: string): ArrivalRate {
  if (typeof rate !== 'number' || !(rate > 0)) {
    throw new TypeError(`${name}(rate): rate must be a number above 0, not ${shown(rate)}`);
  }
  const [, before = '', decimals = ''] = /^(\d+)(?:\.(\d{1,6}))?$/.exec(String(rate)) ?? [];
  const count = Number(before + decimals);
  if (before === '' || !Number.isSafeInteger(count)) {
    throw new TypeError(
      `${name}(rate): ${rate} has no exact schedule; give at most six decimals, or whichever of perSecond, perMinute and perHour makes it whole`,
    );
  }
  const units = 10 ** decimals.length;
  const common = greatestDivisor(count, units);
  return { rate: count / common, timeUnit: `${units / common}${unit}` };
}

/** So many iterations a second; fractions are kept exactly: 0.5 gives 1 in two seconds. */
export function perSecond(rate: number): ArrivalRate {
  return arrivals(rate, 's', 'perSecond');
}
/** So many iterations a minute; fractions are kept exactly. */
export function perMinute(rate: number): ArrivalRate {
  return arrivals(rate, 'm', 'perMinute');
}
/** So many iterations an hour; fractions are kept exactly. */
export function perHour(rate: number): ArrivalRate {
  return arrivals(rate, 'h', 'perHour');
}

/** No fractions: a larger unit would be the unit of the stages as well. */
function start(rate: number, unit: Unit, name: string): StartRate {
  return { startRate: whole(rate, 0, `${name}(rate): rate`), timeUnit: `1${unit}` };
}

/** Starts at so many iterations a second, and targets of stages are iterations a second; 0 is allowed. */
export function startPerSecond(rate: number): StartRate {
  return start(rate, 's', 'startPerSecond');
}
/** Starts at so many iterations a minute, and targets of stages are iterations a minute; 0 is allowed. */
export function startPerMinute(rate: number): StartRate {
  return start(rate, 'm', 'startPerMinute');
}
/** Starts at so many iterations an hour, and targets of stages are iterations an hour; 0 is allowed. */
export function startPerHour(rate: number): StartRate {
  return start(rate, 'h', 'startPerHour');
}
