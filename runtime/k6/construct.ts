/** Classes of the script whose methods, accessors or constructors may block. */
import { asyncMethod } from './async.ts';
import { generatorFunction, take } from './generators.ts';
import { call, type Entry, entry, finish, hasEntry, method, Run, twin } from './wait.ts';

type Callee = (...args: never[]) => unknown;
type Constructor = new (...args: unknown[]) => object;
type Waiting = Generator<unknown, unknown, unknown>;

const { apply, construct: nativeConstruct } = Reflect;
const { defineProperty, getOwnPropertyDescriptor, getPrototypeOf, hasOwn } = Object;

/** Given as the first argument to a compiled constructor: it is to make an object and do no more. */
export const bare: unique symbol = Symbol('bare');
/** The name of the generator that does what a compiled constructor does in the source. */
export const build: unique symbol = Symbol('build');

function isObject(value: unknown): value is object {
  return (typeof value === 'object' && value !== null) || typeof value === 'function';
}

/** What `new callee(...args)` does, to be run with `yield*`. */
export function* construct(callee: unknown, args: unknown[]): Waiting {
  if (proxies.has(callee as object)) return nativeConstruct(callee as Constructor, args);
  const { prototype } = callee as { prototype?: Record<typeof build, unknown> };
  if (isObject(prototype) && hasOwn(prototype, build)) {
    const self: object = nativeConstruct(callee as Constructor, [bare]);
    const made = yield* apply(prototype[build] as () => Waiting, self, args);
    return isObject(made) ? made : self;
  }
  if (hasEntry(callee) && isObject(prototype)) {
    // A constructor function.
    const self = Object.create(prototype) as object;
    const made = yield* call(callee, self, args);
    return isObject(made) ? made : self;
  }
  if (callee === Promise && hasEntry(args[0])) return yield* newPromise(args[0]);
  if (collections.has(callee) && isObject(args[0])) {
    return nativeConstruct(callee as Constructor, [yield* take(args[0] as Iterable<unknown>)]);
  }
  return nativeConstruct(callee as Constructor, args);
}

/** Their constructors go through what they are given. */
const collections: Set<unknown> = new Set([Map, Set, WeakMap, WeakSet]);

/** `new Promise(executor)` with an executor that may block. */
function* newPromise(executor: unknown): Waiting {
  let resolve: unknown;
  let reject: unknown;
  const promise = new Promise((...settle) => {
    [resolve, reject] = settle;
  });
  try {
    yield* call(executor, undefined, [resolve, reject]);
  } catch (thrown) {
    (reject as (thrown: unknown) => void)(thrown);
  }
  return promise;
}

/** A compiled constructor that was called by code that is not compiled. */
export function built(body: Entry, self: object, args: unknown[]): object {
  const made = finish(body, self, args);
  return isObject(made) ? made : self;
}

/** What the constructor of the class above gave. */
export function above(made: unknown): void {
  if (!isObject(made)) return;
  throw new TypeError(
    'a constructor that may wait cannot return an object of its own to a class that extends it',
  );
}

/** Sets a field, as declaring it does: whatever setters there are. */
export function field(self: object, key: PropertyKey, value: unknown): void {
  defineProperty(self, key, { value, writable: true, enumerable: true, configurable: true });
}

/** What is known of one member: where it lies, its kind, how many parameters it has. */
type Member = [
  target: 'static' | 'prototype',
  key: PropertyKey,
  kind: 'method' | 'async' | 'generator',
  length: number,
];

/** Puts methods in the places of the generators that a compiled class was written with. */
export function methods(callee: { prototype: object }, ...members: Member[]): void {
  for (const [target, key, kind, length] of members) {
    const owner = target === 'static' ? callee : callee.prototype;
    const body = (owner as Record<PropertyKey, unknown>)[key] as Entry;
    const value =
      kind === 'async'
        ? asyncMethod(body, length)
        : kind === 'generator'
          ? generatorFunction(body, length)
          : method(body, length);
    defineProperty(owner, key, { value, writable: true, configurable: true });
  }
}

/** Gives an object or a class an accessor from the generators of its two functions. */
export function accessor<T extends object>(
  owner: T,
  key: PropertyKey,
  get: Entry | undefined,
  set: Entry | undefined,
): T {
  const before = getOwnPropertyDescriptor(owner, key) as PropertyDescriptor;
  const named = (kind: 'get' | 'set', generator: Entry): Entry =>
    defineProperty(generator, 'name', { value: `${kind} ${String(key)}`, configurable: true });
  defineProperty(owner, key, {
    ...before,
    ...(get && { get: method(named('get', get), 0) }),
    ...(set && { set: method(named('set', set), 1) }),
  });
  return owner;
}

const proxies: WeakSet<object> = new WeakSet();

/** Notes which objects are proxies: their traps see a read as it is written, and cannot be paused. */
export function watchProxies(): void {
  const native = Proxy;
  const noted = (proxy: object): object => {
    proxies.add(proxy);
    return proxy;
  };
  globalThis.Proxy = new native(native, {
    construct: (target, args) => noted(nativeConstruct(target, args) as object),
    get: (target, key) =>
      key === 'revocable'
        ? (of: object, handler: ProxyHandler<object>) => {
            const made = target.revocable(of, handler);
            noted(made.proxy);
            return made;
          }
        : (Reflect.get(target, key) as unknown),
  });
}

/** The descriptor of a property that is read from an object; undefined also behind a proxy. */
function descriptorOf(object: unknown, key: PropertyKey): PropertyDescriptor | undefined {
  for (
    let at = isObject(object) ? object : (getPrototypeOf(object) as object | null);
    at !== null;
    at = getPrototypeOf(at) as object | null
  ) {
    if (proxies.has(at)) return undefined;
    const descriptor = getOwnPropertyDescriptor(at, key);
    if (descriptor !== undefined) return descriptor;
  }
  return undefined;
}

/** Reads a property whose getter may block: its value, or something to be run with `yield*`. */
export function read(object: unknown, key: PropertyKey): unknown {
  if (object !== undefined && object !== null) {
    const get = descriptorOf(object, key)?.get;
    if (hasEntry(get)) return apply(entry(get) as Callee, object, []);
  }
  return (object as Record<PropertyKey, unknown>)[key];
}

/** `super[key]` where `super` looks into `parent`, as `read` does it. */
export function readAbove(parent: object, key: PropertyKey, self: unknown): unknown {
  const get = descriptorOf(parent, key)?.get;
  if (hasEntry(get)) return apply(entry(get) as Callee, self, []);
  return Reflect.get(parent, key, self) as unknown;
}

/** Writes a property whose setter may block; to be run with `yield*`, gives the value. */
export function* write(object: unknown, key: PropertyKey, value: unknown): Waiting {
  if (object !== undefined && object !== null) {
    const set = descriptorOf(object, key)?.set;
    if (hasEntry(set)) {
      yield* call(set, object, [value]);
      return value;
    }
  }
  (object as Record<PropertyKey, unknown>)[key] = value;
  return value;
}
(write as { prototype: unknown }).prototype = Run.prototype;

/** A private method that is used as a value. */
export function linked(callee: unknown, body: Entry): unknown {
  twin(callee, body);
  return callee;
}
