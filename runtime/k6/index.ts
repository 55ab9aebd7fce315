/** `k6`: the functions every k6 script begins with. How they block is in `wait.ts`. */
import { Op } from '../contract/ops.ts';
import { type Tags, waitMs } from '../globals/arguments.ts';
import { startTimer } from '../globals/timers.ts';
import { life, op } from '../host.ts';
import { randomSeed } from '../modules/index.ts';
import { beginCheck, enterGroup, isPromise, record, verdict } from '../modules/judge.ts';
import { goError } from './go-error.ts';
import { aboutToWait, blocking, call, resume, twin, waitFor, wasAsync } from './wait.ts';

export { randomSeed };

/** Ends this iteration with an error of the class k6 has for it; the run goes on. */
export function fail(message = ''): never {
  throw goError(String(message));
}

/** Waits so many seconds; nothing else of this VU runs meanwhile, neither timers nor promises. */
export const sleep: (seconds: number | string) => void = /* @__PURE__ */ blocking(function* sleep(
  seconds: number | string,
) {
  const milliseconds =
    typeof seconds === 'number' ? seconds * 1_000 : waitMs(seconds, 'sleep(seconds)');
  if (life.phase === 'init') {
    if (milliseconds > 0) op(Op.initSleep, milliseconds);
    return;
  }
  aboutToWait('sleep()');
  const id = startTimer(resume as () => void, milliseconds, 'sleep');
  yield waitFor(id, id);
});

const asyncTag = '[object AsyncFunction]';

/**
 * Runs `fn` and returns what it returns; samples inside carry the group's name. How long it took, all
 * waiting included, is recorded as `group_duration`.
 */
export const group: <T>(name: string, fn: () => T) => T = /* @__PURE__ */ blocking(function* group(
  name: unknown,
  fn: unknown,
) {
  if (wasAsync(fn) || Object.prototype.toString.call(fn) === asyncTag) {
    throw goError(
      "group() does not support async functions as arguments, please use the one of 'vurun'",
    );
  }
  const leave = enterGroup(name, fn);
  try {
    return yield* call(fn, undefined, []);
  } finally {
    leave();
  }
});

function refusePromise(answer: unknown): void {
  if (typeof answer === 'object' && isPromise(answer)) {
    throw goError(
      "the built-in check() does not support async functions as arguments. Please use the one of 'vurun'",
    );
  }
}

/**
 * Judges `value`: each entry of `sets` is one check, passed when its predicate returns something true, or
 * when it is true itself. Returns whether all passed. A predicate that throws counts as failed, and its
 * exception goes on.
 */
export function check(value: unknown, sets: Record<string, unknown>, tags?: Tags): boolean {
  const json = beginCheck(sets, tags);
  let all = true;
  for (const name of Object.keys(sets)) {
    const answer = verdict(value, sets, name, json);
    refusePromise(answer);
    if (!record(name, Boolean(answer), json)) all = false;
  }
  return all;
}
// Predicates seldom wait, so the function itself is not made of the entry.
twin(check, function* check(value: unknown, sets: Record<string, unknown>, tags?: Tags) {
  const json = beginCheck(sets, tags);
  let all = true;
  for (const name of Object.keys(sets)) {
    let answer = sets[name];
    if (typeof answer === 'function') {
      try {
        answer = yield* call(answer, undefined, [value]);
      } catch (thrown) {
        record(name, false, json);
        throw thrown;
      }
    }
    refusePromise(answer);
    if (!record(name, Boolean(answer), json)) all = false;
  }
  return all;
});

const k6: {
  check: typeof check;
  fail: typeof fail;
  group: typeof group;
  randomSeed: typeof randomSeed;
  sleep: typeof sleep;
} = { check, fail, group, randomSeed, sleep };
export default k6;
