/** `SharedArray`: test data kept once by the host, however many VUs read it. */
import { Op } from '../contract/ops.ts';
import { nameText } from '../globals/arguments.ts';
import { life, op } from '../host.ts';
import { sharedView } from './shared-view.ts';

/** An array nobody can change. Each access to an element makes a fresh, frozen copy of it. */
export interface SharedArray<T> extends ReadonlyArray<T> {}

export interface SharedArrayConstructor {
  /**
   * In the init context only. The first VU that gets here calls `make`; the others get what it
   * returned, by name. Elements are kept as JSON.
   */
  new <T>(name: string, make: () => readonly T[]): SharedArray<T>;
}

function elementsJson(name: string, make: () => unknown): string {
  const made = make();
  if (typeof (made as PromiseLike<unknown> | undefined)?.then === 'function') {
    throw new TypeError(
      `SharedArray '${name}' does not support async functions; make the array first`,
    );
  }
  if (!Array.isArray(made)) throw new TypeError('only arrays can be made into SharedArray');
  const texts = Array.from(made, (element: unknown, index) => {
    const text = JSON.stringify(element) as string | undefined;
    if (text === undefined) {
      throw new TypeError(
        `SharedArray '${name}': element ${index} is ${typeof element}, which JSON cannot hold`,
      );
    }
    return text;
  });
  return JSON.stringify(texts);
}

export const SharedArray: SharedArrayConstructor = class {
  constructor(name: string, make: () => readonly unknown[]) {
    if (life.phase !== 'init')
      throw new Error('new SharedArray must be called in the init context');
    if (typeof name !== 'string' || name === '') {
      throw new TypeError("empty name provided to SharedArray's constructor");
    }
    if (typeof make !== 'function') {
      throw new TypeError(
        "a function is expected as the second argument of SharedArray's constructor",
      );
    }
    const key = nameText(name);
    let length = op(Op.sharedFind, key) as number;
    if (length < 0) length = op(Op.sharedNew, key, elementsJson(name, make)) as number;
    // What `new` gives is the array-like view, not an instance of this class.
    return sharedView(key, length);
  }
} as unknown as SharedArrayConstructor;
