/** Generators of the script that may block, and loops over what may. */
import { blocking, call, type Entry, Identity } from './wait.ts';

type Body = Iterator<unknown, unknown, unknown>;
type Waiting<T> = Generator<unknown, T, unknown>;
type Callee = (...args: never[]) => unknown;

const { apply } = Reflect;
const { create, defineProperty } = Object;

/** What a body yields for a `yield` of the script's. One serves all: it is read at once. */
const yielded: { value: unknown } = { value: undefined };

/** To be yielded for `yield value`. */
export function yields(value: unknown): unknown {
  yielded.value = value;
  return yielded;
}

/** Keeps the body of each generator object on it. */
class Running extends Identity {
  readonly #body: Body;
  private constructor(self: object, body: Body) {
    super(self);
    this.#body = body;
  }
  static on(self: object, body: Body): object {
    return new Running(self, body);
  }
  static bodyOf(self: unknown): Body {
    if (typeof self === 'object' && self !== null && #body in self) return self.#body;
    throw new TypeError('not a generator object');
  }
}

const prototype: object = create(
  Object.getPrototypeOf(function* () {}).prototype as object,
) as object;
for (const how of ['next', 'return', 'throw'] as const) {
  const { resume } = {
    *resume(this: unknown, value: unknown): Waiting<unknown> {
      const body = Running.bodyOf(this);
      let step = (body[how] as Body['next'])(value);
      while (step.done !== true && step.value !== yielded) step = body.next(yield step.value);
      return step.done === true ? step : { value: yielded.value, done: false };
    },
  };
  defineProperty(resume, 'name', { value: how });
  defineProperty(prototype, how, {
    value: blocking(resume),
    writable: true,
    configurable: true,
  });
}

/** Calls a generator function of the script: `callee` names the prototype of what it gives. */
export function generate(
  body: Entry,
  self: unknown,
  args: ArrayLike<unknown>,
  callee?: Callee,
): object {
  const made = callee?.prototype as unknown;
  const it = create(typeof made === 'object' && made !== null ? made : prototype) as object;
  return Running.on(it, apply(body as () => unknown, self, args) as Body);
}

/** Makes a declared function, whose calls are `generate`, look like a generator function. */
export function linkGenerator(callee: Callee): void {
  callee.prototype = create(prototype);
}

/** A generator function from the generator of its body. */
export function generatorFunction(body: Entry, length: number): Callee {
  const callee = function (this: unknown, ...args: unknown[]): object {
    return generate(body, this, args, callee);
  };
  defineProperty(callee, 'name', { value: (body as unknown as Callee).name, configurable: true });
  defineProperty(callee, 'length', { value: length, configurable: true });
  linkGenerator(callee);
  return callee;
}

/** What `yield* iterable` does in a body. */
export function* delegate(iterable: Iterable<unknown>): Waiting<unknown> {
  const iterator = (yield* call(iterable[Symbol.iterator], iterable, [])) as Body;
  let step = (yield* call(iterator.next, iterator, [undefined])) as IteratorResult<unknown>;
  while (step.done !== true) {
    let how: 'next' | 'return' | 'throw' = 'return';
    let value: unknown;
    try {
      value = yield yields(step.value);
      how = 'next';
    } catch (thrown) {
      value = thrown;
      how = 'throw';
    } finally {
      if (how === 'return' && typeof iterator.return === 'function') {
        yield* call(iterator.return, iterator, []);
      }
    }
    if (how === 'throw' && typeof iterator.throw !== 'function') throw value;
    step = (yield* call(iterator[how], iterator, [value])) as IteratorResult<unknown>;
  }
  return step.value;
}

/** A `for … of` over something whose steps may wait. */
class Loop {
  value: unknown;
  /** The body runs: whoever leaves now has to close the iterator. */
  isOpen = false;
  #threw = false;
  readonly #iterator: Body;

  constructor(iterator: Body) {
    this.#iterator = iterator;
  }

  /** Goes to the next value; false when there is none. */
  *next(): Waiting<boolean> {
    this.isOpen = false;
    const iterator = this.#iterator;
    const step = (yield* call(iterator.next, iterator, [])) as IteratorResult<unknown>;
    if (typeof step !== 'object' || step === null) {
      throw new TypeError('iterator must return an object');
    }
    if (step.done === true) return false;
    this.value = step.value;
    this.isOpen = true;
    return true;
  }

  /** The body threw: what closing throws is then of no interest. */
  threw(): void {
    this.#threw = true;
  }

  *close(): Waiting<void> {
    this.isOpen = false;
    const iterator = this.#iterator;
    try {
      if (typeof iterator.return === 'function') yield* call(iterator.return, iterator, []);
    } catch (thrown) {
      if (!this.#threw) throw thrown;
    }
  }
}

/** Begins a loop, to be run with `yield*`. */
export function* loop(iterable: Iterable<unknown>): Waiting<Loop> {
  const begin = iterable[Symbol.iterator] as unknown;
  if (typeof begin !== 'function') throw new TypeError('value is not iterable');
  return new Loop((yield* call(begin, iterable, [])) as Body);
}

/** The first `most` values, or all, as an array: for spreads and array patterns. */
export function* take(iterable: Iterable<unknown>, most?: number): Waiting<unknown[]> {
  if (Array.isArray(iterable) && most === undefined) return iterable as unknown[];
  const values: unknown[] = [];
  const steps = yield* loop(iterable);
  while (values.length !== most && (yield* steps.next())) values.push(steps.value);
  if (steps.isOpen) yield* steps.close();
  return values;
}
