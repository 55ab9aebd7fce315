/** Arrays that the host keeps, as scripts see them. */
import { Op } from '../contract/ops.ts';
import { op } from '../host.ts';

function immutable(): never {
  throw new TypeError('SharedArray is immutable');
}

/** The array-like view of a shared array that the host has. */
export function sharedView(name: string, length: number): unknown[] {
  const element = (key: string | symbol): unknown => {
    const json = op(Op.sharedGet, name, Number(key)) as string;
    return JSON.parse(json, (_key, value: unknown) => Object.freeze(value));
  };
  const isIndex = (key: string | symbol): boolean =>
    typeof key === 'string' && /^(0|[1-9]\d{0,9})$/.test(key) && Number(key) < length;
  // The target has the length and no elements, so that `length` and Array.isArray tell the truth.
  return new Proxy(new Array<unknown>(length), {
    get: (target, key) => (isIndex(key) ? element(key) : Reflect.get(target, key)),
    has: (target, key) => isIndex(key) || Reflect.has(target, key),
    ownKeys: () => [...Array.from({ length }, (_, index) => String(index)), 'length'],
    getOwnPropertyDescriptor: (target, key) =>
      isIndex(key)
        ? { value: element(key), writable: true, enumerable: true, configurable: true }
        : Reflect.getOwnPropertyDescriptor(target, key),
    set: immutable,
    defineProperty: immutable,
    deleteProperty: immutable,
    setPrototypeOf: immutable,
    preventExtensions: immutable,
  });
}
