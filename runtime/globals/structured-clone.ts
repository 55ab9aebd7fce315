/** `structuredClone`: a deep copy of data, cycles included. */
import { domException } from './dom-exception.ts';

const errorTypes = /^(Eval|Range|Reference|Syntax|Type|URI)?Error$/;

function refuse(what: string): never {
  throw domException(`structuredClone(value): ${what} cannot be cloned`, 'DataCloneError');
}

function cloneError(error: Error, inner: (value: unknown) => unknown, seen: Seen): Error {
  const { name, message, stack } = error;
  const types = globalThis as unknown as Record<string, ErrorConstructor>;
  const Type = types[errorTypes.test(name) ? name : 'Error'] as ErrorConstructor;
  const copy = new Type(String(message));
  seen.set(error, copy);
  const define = (key: string, value: unknown): unknown =>
    Object.defineProperty(copy, key, { value, writable: true, configurable: true });
  define('stack', stack);
  if ('cause' in error) define('cause', inner(error.cause));
  return copy;
}

type Seen = Map<object, unknown>;

function clone(value: unknown, seen: Seen): unknown {
  if (typeof value === 'symbol') refuse('a symbol');
  if (typeof value === 'function') refuse(`a function (${value.name || 'without a name'})`);
  if (typeof value !== 'object' || value === null) return value;
  if (seen.has(value)) return seen.get(value);
  const inner = (item: unknown): unknown => clone(item, seen);
  const keep = <T>(copy: T): T => {
    seen.set(value, copy);
    return copy;
  };
  const fill = (copy: object): object => {
    keep(copy);
    for (const key of Object.keys(value)) {
      const item = inner((value as Record<string, unknown>)[key]);
      // Not an assignment: a key may be __proto__.
      Object.defineProperty(copy, key, {
        value: item,
        writable: true,
        enumerable: true,
        configurable: true,
      });
    }
    return copy;
  };

  if (Array.isArray(value)) return fill(new Array(value.length));
  if (value instanceof Date) return keep(new Date(value.getTime()));
  if (value instanceof RegExp) return keep(new RegExp(value.source, value.flags));
  if (value instanceof Error) return cloneError(value, inner, seen);
  if (value instanceof ArrayBuffer) return keep(value.slice(0));
  if (ArrayBuffer.isView(value)) {
    const buffer = inner(value.buffer) as ArrayBuffer;
    const View = value.constructor as new (b: ArrayBuffer, o: number, n: number) => unknown;
    const length = value instanceof DataView ? value.byteLength : (value as Uint8Array).length;
    return keep(new View(buffer, value.byteOffset, length));
  }
  if (value instanceof Map) {
    const copy = keep(new Map());
    for (const [key, item] of [...value]) copy.set(inner(key), inner(item));
    return copy;
  }
  if (value instanceof Set) {
    const copy = keep(new Set());
    for (const item of [...value]) copy.add(inner(item));
    return copy;
  }
  const tag = Object.prototype.toString.call(value).slice(8, -1);
  if (/^(Boolean|Number|String|BigInt)$/.test(tag)) {
    return keep(Object((value as { valueOf(): unknown }).valueOf()));
  }
  if (/^(Weak|Promise|Symbol|Generator|Async|Proxy|FinalizationRegistry)/.test(tag)) {
    refuse(`a ${tag}`);
  }
  return fill({});
}

/**
 * Copies data with all that hangs on it. Objects of classes become plain ones; what has no copy
 * (functions, symbols, promises, weak collections) throws a DataCloneError. Nothing can be
 * transferred here: a `transfer` list throws a DataCloneError too.
 */
export function structuredClone<T>(value: T, options: { transfer?: readonly unknown[] } = {}): T {
  if (options.transfer?.length) refuse('a list of objects to transfer; copy them, they');
  return clone(value, new Map()) as T;
}
