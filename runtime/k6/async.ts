/**
 * Asynchronous functions of the script that may block, compiled to generators. Up to their first `await`
 * they run inside of their caller, which waits with them; what comes after is a root of its own.
 */
import { callRoot } from '../host.ts';
import { arrow, callAsRoot, type Entry, hasEntry, method, Run, startRoot, twin } from './wait.ts';

type Resolve = (value: unknown) => void;
type Body = Iterator<unknown, unknown, unknown>;

const { apply } = Reflect;
// A script may put others in their places.
const OwnPromise = Promise;
const { resolve: resolved } = Promise;
const { then: nativeThen } = Promise.prototype;

/** What a body yields for an `await`. One serves all: it is read before anything else can happen. */
const awaited: { value: unknown } = { value: undefined };

/** To be yielded for `await value`. */
export function awaits(value: unknown): unknown {
  awaited.value = value;
  return awaited;
}

/** Goes on after an `await`, as a root; what it waits for is waited for again. */
function goOn(
  body: Body,
  how: 'next' | 'throw',
  value: unknown,
  resolve: Resolve,
  reject: Resolve,
): void {
  startRoot(
    untilAwait(body, how, value),
    (step) => settle(body, step as IteratorResult<unknown>, resolve, reject),
    reject,
  );
}

function* untilAwait(
  body: Body,
  how: 'next' | 'throw',
  value: unknown,
): Generator<unknown, IteratorResult<unknown>, unknown> {
  let step = how === 'next' ? body.next(value) : (body.throw as Body['next'])(value);
  while (step.done !== true && step.value !== awaited) step = body.next(yield step.value);
  return step;
}

function settle(
  body: Body,
  step: IteratorResult<unknown>,
  resolve: Resolve,
  reject: Resolve,
): void {
  if (step.done === true) {
    resolve(step.value);
    return;
  }
  let promise: unknown;
  try {
    promise = apply(resolved, OwnPromise, [awaited.value]);
  } catch (thrown) {
    goOn(body, 'throw', thrown, resolve, reject);
    return;
  }
  apply(nativeThen as () => unknown, promise, [
    (value: unknown) => goOn(body, 'next', value, resolve, reject),
    (thrown: unknown) => goOn(body, 'throw', thrown, resolve, reject),
  ]);
}

/** Runs the body of an asynchronous function, to be run with `yield*`; gives its promise. */
export function* runAsync(
  generator: Entry,
  self: unknown,
  args: ArrayLike<unknown>,
): Generator<unknown, unknown, unknown> {
  let body: Body;
  let step: IteratorResult<unknown>;
  try {
    body = apply(generator as () => unknown, self, args) as Body;
    step = yield* untilAwait(body, 'next', undefined);
  } catch (thrown) {
    return OwnPromise.reject(thrown);
  }
  return new OwnPromise((resolve, reject) => {
    settle(body, step, resolve, reject);
  });
}
(runAsync as { prototype: unknown }).prototype = Run.prototype;

/** The entry of an asynchronous function, from the generator of its body. */
export function asyncEntry(generator: Entry): Entry {
  const { asyncEntry } = {
    asyncEntry(this: unknown, ...args: unknown[]): unknown {
      return runAsync(generator, this, args);
    },
  };
  Object.defineProperty(asyncEntry, 'name', { value: generator.name, configurable: true });
  return asyncEntry as unknown as Entry;
}

/** An asynchronous function or method from the generator of its body. */
export function asyncMethod(generator: Entry, length: number): unknown {
  return method(asyncEntry(generator), length, true);
}

/** An asynchronous arrow function from the generator of its body. */
export function asyncArrow(generator: Entry, length: number, self?: unknown): unknown {
  return arrow(asyncEntry(generator), length, self, true);
}

/** Gives a declared asynchronous function its entry, from the generator of its body. */
export function linkAsync(callee: unknown, generator: Entry): void {
  twin(callee, asyncEntry(generator), true);
}

/**
 * Lets functions given to promises block. Each is called as a root of its own, and what `then` gives is
 * settled at its very end, so that no promise job comes in between.
 */
export function pausePromises(): void {
  const own = {
    then(this: unknown, onValue: unknown, onError: unknown): unknown {
      if (!hasEntry(onValue) && !hasEntry(onError)) {
        return apply(nativeThen as () => unknown, this, [onValue, onError]);
      }
      return new OwnPromise((resolve, reject) => {
        const wrapped = (callback: unknown, otherwise: Resolve): Resolve =>
          typeof callback === 'function'
            ? (value) => callAsRoot(callback, undefined, [value], resolve, reject)
            : otherwise;
        apply(nativeThen as () => unknown, this, [
          wrapped(onValue, resolve),
          wrapped(onError, reject),
        ]);
      });
    },
    catch(this: unknown, onError: unknown): unknown {
      return (this as Promise<unknown>).then(undefined, onError as () => unknown);
    },
    finally(this: unknown, callback: unknown): unknown {
      if (!hasEntry(callback)) return apply(nativeFinally as () => unknown, this, [callback]);
      // As the native one: the callback's promise is awaited, its value is not used.
      const after = (done: (settle: Resolve, fail: Resolve) => void): Promise<unknown> =>
        new OwnPromise((resolve, reject) => {
          callRoot(
            callback,
            undefined,
            [],
            (value) => {
              apply(nativeThen as () => unknown, apply(resolved, OwnPromise, [value]), [
                () => done(resolve, reject),
                reject,
              ]);
            },
            reject,
          );
        });
      return apply(nativeThen as () => unknown, this, [
        (value: unknown) => after((resolve) => resolve(value)),
        (thrown: unknown) => after((_resolve, reject) => reject(thrown)),
      ]);
    },
  };
  const nativeFinally = OwnPromise.prototype.finally;
  for (const name of ['then', 'catch', 'finally'] as const) {
    Object.defineProperty(OwnPromise.prototype, name, {
      value: own[name] as unknown,
      writable: true,
      configurable: true,
    });
  }
}
