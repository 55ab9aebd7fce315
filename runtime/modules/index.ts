/** `vurun`: what nearly every script imports. */
import { type Tags, waitMs } from '../globals/arguments.ts';
import { startTimer } from '../globals/timers.ts';
import { reseed } from '../random.ts';
import { beginCheck, enterGroup, isPromise, outsideInit, record, verdict } from './judge.ts';

export type {
  ConstantVus,
  Duration,
  Options,
  PerVuIterations,
  RampingVus,
  Scenario,
  SharedIterations,
  Stage,
  Threshold,
  TlsAuth,
} from '../contract/options.ts';
export type { SummaryData } from '../contract/summary.ts';
export type { Tags } from '../globals/arguments.ts';
export { default as backoff } from './backoff.ts';
export { SharedArray } from './data.ts';
export { default as exec } from './execution.ts';
export { default as http } from './http.ts';
export { default as ivr } from './ivr.ts';
export { default as limits } from './limits.ts';
export { default as messaging } from './messaging.ts';
export { Counter, Gauge, Rate, Trend } from './metrics.ts';
export { default as oauth } from './oauth.ts';
export { session } from './session.ts';
export { WebSocket } from './websocket.ts';
export { default as ws } from './ws.ts';

/** A predicate of the checked value, or a value that is true or not. */
export type Check<T> =
  | ((value: T) => unknown)
  | string
  | number
  | boolean
  | bigint
  | object
  | null
  | undefined;
type Returned<C> = C extends (...args: never) => infer R ? R : never;
type IsPromise<R> = 0 extends 1 & R ? false : R extends PromiseLike<unknown> ? true : false;
/** A promise as soon as one of the predicates returns one. */
export type CheckResult<S> = true extends { [K in keyof S]: IsPromise<Returned<S[K]>> }[keyof S]
  ? Promise<boolean>
  : boolean;

/**
 * Judges `value`: each entry of `sets` is one check, passed when its predicate returns something true.
 * Returns whether all passed; a failed check neither throws nor ends anything. When a predicate
 * returns a promise, the rest waits for it and a promise is returned. A predicate that throws counts
 * as failed, its exception goes on to the caller, and later checks are skipped.
 */
export function check<T, S extends Record<string, Check<T>>>(
  value: T,
  sets: S,
  tags?: Tags,
): CheckResult<S>;
export function check(
  value: unknown,
  sets: Record<string, unknown>,
  tags?: Tags,
): boolean | Promise<boolean> {
  const json = beginCheck(sets, tags);
  const names = Object.keys(sets);
  let all = true;
  for (let index = 0; index < names.length; index++) {
    const name = names[index] as string;
    const answer = verdict(value, sets, name, json);
    if (typeof answer === 'object' && isPromise(answer)) {
      return finish(value, sets, json, names, index, answer, all);
    }
    if (!record(name, Boolean(answer), json)) all = false;
  }
  return all;
}

/** The rest of a check from the first promise on. */
async function finish(
  value: unknown,
  sets: Record<string, unknown>,
  tags: string | undefined,
  names: readonly string[],
  at: number,
  first: PromiseLike<unknown>,
  before: boolean,
): Promise<boolean> {
  let all = before;
  let answer: unknown = first;
  for (let index = at; index < names.length; index++) {
    const name = names[index] as string;
    if (index > at) answer = verdict(value, sets, name, tags);
    try {
      answer = await answer;
    } catch (error) {
      record(name, false, tags);
      throw error;
    }
    if (!record(name, Boolean(answer), tags)) all = false;
  }
  return all;
}

/**
 * Runs `fn` and returns what it returns; samples inside carry the group's name, nested groups
 * "outer::inner". The group of an async function lasts until its promise settles; one begun meanwhile
 * counts as nested in it, so await a group before the next. How long it took is recorded as
 * `group_duration`, also when it fails.
 */
export function group<T>(name: string, fn: () => T): T {
  const leave = enterGroup(name, fn);
  let result: T;
  try {
    result = fn();
  } catch (error) {
    leave();
    throw error;
  }
  if (!isPromise(result)) {
    leave();
    return result;
  }
  return Promise.resolve(result).finally(leave) as T;
}

/**
 * Waits: a number is seconds (0.5 is half a second), text is a duration such as '500ms' or '1m30s'.
 * Negative numbers and NaN wait for 0 seconds. The VU's other events go on meanwhile.
 */
export function sleep(wait: number | string): Promise<void> {
  outsideInit('sleep');
  const milliseconds = waitMs(wait, 'sleep(wait)');
  return new Promise((resolve) => {
    startTimer(resolve, milliseconds, 'sleep');
  });
}

/** Ends this iteration with an error; the run goes on. */
export function fail(message = ''): never {
  throw new Error(String(message));
}

/** Makes `Math.random` of this VU repeat the sequence of `seed`. */
export function randomSeed(seed: number): void {
  if (typeof seed !== 'number' || !Number.isInteger(seed)) {
    throw new TypeError(`randomSeed(seed): seed must be an integer, not ${String(seed)}`);
  }
  reseed(seed);
}
