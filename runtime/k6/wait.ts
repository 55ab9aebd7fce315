/**
 * Calls that block, as k6's do, in a guest whose host must not block. Functions that may have to wait are
 * compiled to generators (`src/script/auto-await/`) and have two entries: the function itself, which
 * anybody may call, and the generator, which compiled code calls with `yield*`. What is yielded is a
 * `Wait`; it travels up to the root, which tells the host for which deliveries the script waits. Code
 * that was not compiled reaches the function itself: it runs to the end, unless it really has to wait.
 */
import { Blocking, Mail, Op } from '../contract/ops.ts';
import { mail, onFreshStart, op, replaceCallRoot } from '../host.ts';

type Callee = (this: unknown, ...args: unknown[]) => unknown;
/** The entry of a function that may wait; what it gives runs the function. */
export type Entry = (
  this: never,
  ...args: never[]
) => Iterator<unknown, unknown, unknown> & Iterable<unknown>;

/** Calls a function, whatever `call` and `apply` it has of its own. */
export const apply: typeof Reflect.apply = Reflect.apply;
const { defineProperty } = Object;

/**
 * What all runs of entries inherit from, and nothing else does: compiled code tells by it whether a call
 * gave a result or something to run.
 */
export const Run: { new (): object; prototype: object } = class {};
Object.setPrototypeOf(Run.prototype, Object.getPrototypeOf(function* () {}).prototype as object);

/** Lets a class put private fields on an object that is there already. */
export class Identity {
  constructor(it: object) {
    // oxlint-disable-next-line no-constructor-return
    return it;
  }
}
/**
 * Puts an entry on a function. A private field is neither copied nor inherited nor seen by a proxy, and
 * goes with the function it lies on.
 */
class Twin extends Identity {
  readonly #entry: Entry;
  readonly #isAsync: boolean;
  private constructor(callee: object, entry: Entry, isAsync: boolean) {
    super(callee);
    this.#entry = entry;
    this.#isAsync = isAsync;
  }
  static link(callee: Callee, entry: Entry, isAsync: boolean): object {
    return #entry in callee ? callee : new Twin(callee, entry, isAsync);
  }
  static entry(callee: unknown): unknown {
    return typeof callee === 'function' && #entry in callee ? callee.#entry : callee;
  }
  static has(callee: unknown): boolean {
    return typeof callee === 'function' && #entry in callee;
  }
  static isAsync(callee: unknown): boolean {
    return typeof callee === 'function' && #entry in callee && callee.#isAsync;
  }
}

/** The entry of a function, or whatever it is itself. */
export const entry: (callee: unknown) => unknown = Twin.entry;
/** Whether a function has an entry. */
export const hasEntry: (callee: unknown) => boolean = Twin.has;
/** Whether a compiled function was asynchronous in the source. */
export const wasAsync: (callee: unknown) => boolean = Twin.isAsync;

/** Calls that compiled code cannot pause, one inside of the other. */
let depth = 0;

/** Runs an entry where nothing can wait. */
export function finish(callee: Entry, self: unknown, args: ArrayLike<unknown>): unknown {
  depth++;
  try {
    const step = apply(callee as Callee, self, args) as Iterator<unknown>;
    const { done, value } = step.next();
    if (done !== true) refuse('a call');
    return value;
  } finally {
    depth--;
  }
}

/** Ends the run: a call has to wait, and it was reached through code that cannot be paused. */
function refuse(what: string): never {
  op(Op.cannotWait, what, new Error('cannot wait').stack ?? '');
  // The host ends this guest at its next step, so that no `catch` hears of it.
  for (;;);
}

/** To be called by everything that is about to wait; ends the run where that is impossible. */
export function aboutToWait(what: string): void {
  if (depth > 0) refuse(what);
}

/** What entries yield: for which deliveries, by id, the root is to wait. */
class Wait {
  from = 0;
  to = 0;
}
// One serves all: it is read before anything else can happen.
const wait = new Wait();

/** What to yield in order to wait for deliveries with these ids. `resume` ends the wait. */
export function waitFor(from: number, to: number): unknown {
  wait.from = from;
  wait.to = to;
  return wait;
}

interface Root {
  run: Iterator<unknown>;
  ended: (value: unknown) => void;
  failed: (thrown: unknown) => void;
}
/** The root that waits; a VU has one at most, since nothing else runs meanwhile. */
let blocked: Root | undefined;

/** Ends the wait of the blocked call: it gives `value`. */
export function resume(value: unknown): void {
  const root = blocked;
  // Its iteration may have been cut off.
  if (root === undefined) return;
  blocked = undefined;
  mail[Mail.blocking] = Blocking.able;
  drive(root, value);
}

function drive(root: Root, value: unknown): void {
  let step: IteratorResult<unknown>;
  try {
    step = root.run.next(value);
  } catch (thrown) {
    root.failed(thrown);
    return;
  }
  if (step.done === true) {
    root.ended(step.value);
    return;
  }
  const { from, to } = step.value as Wait;
  blocked = root;
  mail[Mail.awaitFrom] = from;
  mail[Mail.awaitTo] = to;
  mail[Mail.blocking] = Blocking.blocked;
}

/** Runs something as a root: it may wait, and then ends later. */
export function startRoot(
  run: Iterator<unknown>,
  ended: (value: unknown) => void,
  failed: (thrown: unknown) => void,
): void {
  drive({ run, ended, failed }, undefined);
}

/** Calls a function as a root: through its entry, if it has one. */
export function callAsRoot(
  callee: unknown,
  self: unknown,
  args: readonly unknown[],
  ended: (value: unknown) => void,
  failed: (thrown: unknown) => void,
): void {
  let value: unknown;
  try {
    value = apply(entry(callee) as Callee, self, args);
  } catch (thrown) {
    failed(thrown);
    return;
  }
  if (value instanceof Run) startRoot(value as unknown as Iterator<unknown>, ended, failed);
  else ended(value);
}

// Between two generators on the stack the engine shows the call that resumes the inner one.
(Error as unknown as { stackTraceLimit: number }).stackTraceLimit = 30;
mail[Mail.blocking] = Blocking.able;
replaceCallRoot(callAsRoot);
onFreshStart(() => {
  blocked = undefined;
  depth = 0;
});

/** Calls a function, to be run with `yield*`: through its entry, if it has one. */
export function* call(
  callee: unknown,
  self: unknown,
  args: readonly unknown[],
): Generator<unknown, unknown, unknown> {
  const value = apply(entry(callee) as Callee, self, args);
  return value instanceof Run ? yield* value as unknown as Generator : value;
}

// -- what compiled code makes functions with -----------------------------------------------------

/** Makes runs of this generator known as such. */
function mark(generator: Entry): Entry {
  (generator as unknown as { prototype: unknown }).prototype = Run.prototype;
  return generator;
}

function describe(callee: Callee, name: string, length: number): void {
  defineProperty(callee, 'name', { value: name, configurable: true });
  if (length > 0) defineProperty(callee, 'length', { value: length, configurable: true });
}

/** Gives a declared function its entry. */
export function link(callee: Callee, generator: Entry): void {
  Twin.link(callee, mark(generator), false);
}

/** A function expression from its generator. It may be constructed, unlike a method. */
export function ordinary(generator: Entry, length: number): Callee {
  const callee = function (this: unknown): unknown {
    // oxlint-disable-next-line prefer-rest-params
    return finish(generator, this, arguments);
  };
  describe(callee, (generator as unknown as Callee).name, length);
  Twin.link(callee, mark(generator), false);
  return callee;
}

/** A method, or a function expression that nobody constructs. */
export function method(generator: Entry, length: number, isAsync = false): Callee {
  const { callee } = {
    callee(this: unknown, ...args: unknown[]): unknown {
      return finish(generator, this, args);
    },
  };
  describe(callee, (generator as unknown as Callee).name, length);
  Twin.link(callee, mark(generator), isAsync);
  return callee;
}

/** An arrow function from its generator; `self` is what `this` is in it. */
export function arrow(generator: Entry, length: number, self?: unknown, isAsync = false): Callee {
  const { name } = generator as unknown as Callee;
  mark(generator);
  const bound = self === undefined ? generator : generator.bind(self as never);
  const callee: Callee = (...args) => finish(bound, undefined, args);
  describe(callee, name, length);
  Twin.link(callee, bound, isAsync);
  return callee;
}

/** A function of the runtime that waits, from its generator. */
export function blocking<T>(generator: Entry): T {
  return method(generator, 0) as unknown as T;
}

/** Lets a function have this entry, which may wait. */
export function twin(callee: unknown, generator: Entry, isAsync = false): void {
  Twin.link(callee as Callee, mark(generator), isAsync);
}

/** The arguments of a tagged template. */
export function parts(strings: TemplateStringsArray, ...values: unknown[]): unknown[] {
  return [strings, ...values];
}
