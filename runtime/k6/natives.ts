/** Built-in functions that call functions of the script, so that these may block in there. */
import { loop } from './generators.ts';
import { call, entry, hasEntry, twin } from './wait.ts';

type Callback = (...args: never[]) => unknown;
type Waiting = Generator<unknown, unknown, unknown>;
type List = ArrayLike<unknown> & { readonly length: number };

const { apply, construct } = Reflect;

function mustCall(callback: unknown): void {
  if (typeof callback !== 'function') throw new TypeError('not a function');
}

/** The elements an array method visits, holes left out. */
function* each(
  list: List,
  callback: unknown,
  self: unknown,
  take: (answer: unknown, value: unknown, index: number) => boolean | undefined,
  backwards = false,
  holes = false,
): Generator<unknown, boolean, unknown> {
  mustCall(callback);
  const length = Math.trunc(Number(list.length)) || 0;
  for (let step = 0; step < length; step++) {
    const index = backwards ? length - 1 - step : step;
    if (!holes && !(index in list)) continue;
    const value = list[index];
    const answer = yield* call(callback, self, [value, index, list]);
    if (take(answer, value, index) === true) return true;
  }
  return false;
}

/** A list of the class of the one it is made from. */
function like(list: unknown, length: number): unknown[] {
  if (!Array.isArray(list)) return new Array<unknown>(length);
  const own = list.constructor as unknown as Record<typeof Symbol.species, unknown> | undefined;
  const species = own?.[Symbol.species];
  return species === undefined || species === null || species === Array
    ? new Array<unknown>(length)
    : (construct(species as new () => unknown, [length]) as unknown[]);
}

function found(
  key: 'value' | 'index',
  backwards: boolean,
): (this: List, ...args: unknown[]) => Waiting {
  return function* (this: List, callback: unknown, self: unknown) {
    let result: unknown = key === 'index' ? -1 : undefined;
    yield* each(
      this,
      callback,
      self,
      (answer, value, index) => {
        if (answer) result = key === 'index' ? index : value;
        return Boolean(answer);
      },
      backwards,
      true,
    );
    return result;
  };
}

function folded(backwards: boolean): (this: List, ...args: unknown[]) => Waiting {
  return function* (this: List, ...args: unknown[]) {
    const [callback] = args;
    mustCall(callback);
    let isSet = args.length > 1;
    let sum = args[1];
    const length = Math.trunc(Number(this.length)) || 0;
    for (let step = 0; step < length; step++) {
      const index = backwards ? length - 1 - step : step;
      if (!(index in this)) continue;
      sum = isSet ? yield* call(callback, undefined, [sum, this[index], index, this]) : this[index];
      isSet = true;
    }
    if (!isSet) throw new TypeError('empty array');
    return sum;
  };
}

/** Sorts by inserting each where it belongs; stable, as the native sort. */
function* sorted(list: List, compare: unknown): Generator<unknown, unknown[], unknown> {
  const result: unknown[] = [];
  let missing = 0;
  for (let at = 0; at < list.length; at++) {
    const value = list[at];
    if (value === undefined) {
      missing++;
      continue;
    }
    let low = 0;
    let high = result.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      const order = Number(yield* call(compare, undefined, [value, result[middle]]));
      if (order < 0) high = middle;
      else low = middle + 1;
    }
    result.splice(low, 0, value);
  }
  for (; missing > 0; missing--) result.push(undefined);
  return result;
}

/** Lets what array methods call block. */
export function pauseArrays(): void {
  const own: Record<string, (this: List, ...args: unknown[]) => Waiting> = {
    *forEach(callback, self) {
      yield* each(this, callback, self, () => undefined);
    },
    *map(callback, self) {
      mustCall(callback);
      const result = like(this, this.length);
      yield* each(this, callback, self, (answer, _value, index) => {
        result[index] = answer;
        return undefined;
      });
      return result;
    },
    *filter(callback, self) {
      mustCall(callback);
      const result = like(this, 0);
      yield* each(this, callback, self, (answer, value) => {
        if (answer) result[result.length] = value;
        return undefined;
      });
      return result;
    },
    *flatMap(callback, self) {
      mustCall(callback);
      const result = like(this, 0);
      yield* each(this, callback, self, (answer) => {
        for (const value of Array.isArray(answer) ? answer : [answer])
          result[result.length] = value;
        return undefined;
      });
      return result;
    },
    *some(callback, self) {
      return yield* each(this, callback, self, Boolean);
    },
    *every(callback, self) {
      return !(yield* each(this, callback, self, (answer) => !answer));
    },
    find: found('value', false),
    findIndex: found('index', false),
    findLast: found('value', true),
    findLastIndex: found('index', true),
    reduce: folded(false),
    reduceRight: folded(true),
    *sort(compare) {
      if (!hasEntry(compare)) return apply(nativeSort as Callback, this, [compare]);
      const result = yield* sorted(this, compare);
      result.forEach((value, index) => {
        (this as unknown as unknown[])[index] = value;
      });
      return this;
    },
    *toSorted(compare) {
      if (!hasEntry(compare)) return apply(nativeToSorted as Callback, this, [compare]);
      return yield* sorted(this, compare);
    },
  };
  const nativeSort = Array.prototype.sort;
  const nativeToSorted = Array.prototype.toSorted;
  for (const [name, generator] of Object.entries(own)) {
    twin((Array.prototype as unknown as Record<string, unknown>)[name], generator);
  }
  twin(
    Array.from,
    function* from(this: unknown, source: unknown, callback: unknown, self: unknown) {
      const isIterable =
        source !== null &&
        source !== undefined &&
        typeof (source as Iterable<unknown>)[Symbol.iterator] === 'function';
      if (callback !== undefined) mustCall(callback);
      const steps = yield* loop(
        isIterable
          ? (source as Iterable<unknown>)
          : (apply(nativeFrom as Callback, Array, [source]) as unknown[]),
      );
      const values: unknown[] = [];
      try {
        while (yield* steps.next()) {
          const { value } = steps;
          values.push(
            callback === undefined ? value : yield* call(callback, self, [value, values.length]),
          );
        }
      } catch (thrown) {
        steps.threw();
        throw thrown;
      } finally {
        if (steps.isOpen) yield* steps.close();
      }
      return apply(nativeFrom as Callback, this, [values]);
    },
  );
  const nativeFrom = Array.from;
  for (const collection of [Map.prototype, Set.prototype]) {
    twin(
      collection.forEach,
      function* forEach(this: Map<unknown, unknown>, callback: unknown, self: unknown) {
        mustCall(callback);
        const isMap = this instanceof Map;
        for (const item of this as Iterable<unknown>) {
          const [key, value] = isMap ? (item as [unknown, unknown]) : [item, item];
          yield* call(callback, self, [value, key, this]);
        }
      },
    );
  }
}

/** Lets functions block that are called through `call`, `apply`, `bind` and `Reflect`. */
export function pauseFunctions(): void {
  const { prototype } = Function;
  const nativeBind = prototype.bind;
  twin(prototype.call, function* (this: unknown, self: unknown, ...args: unknown[]) {
    return yield* call(this, self, args);
  });
  twin(prototype.apply, function* (this: unknown, self: unknown, args: ArrayLike<unknown> | null) {
    return yield* call(this, self, Array.from(args ?? []));
  });
  twin(Reflect.apply, function* (callee: unknown, self: unknown, args: ArrayLike<unknown>) {
    return yield* call(callee, self, Array.from(args));
  });
  // What is bound blocks when what it was made from does, whoever binds it.
  Object.defineProperty(prototype, 'bind', {
    value: function bind(this: Callback, ...args: unknown[]): unknown {
      const bound = apply(nativeBind as Callback, this, args) as Callback;
      if (hasEntry(this)) {
        twin(bound, apply(nativeBind as Callback, entry(this), args) as never);
      }
      return bound;
    },
    writable: true,
    configurable: true,
  });
}

/** Lets the function block that `replace` calls for each match. */
export function pauseTexts(): void {
  for (const name of ['replace', 'replaceAll'] as const) {
    const native = String.prototype[name] as Callback;
    twin(native, function* (this: unknown, pattern: unknown, replacer: unknown) {
      const isPlain = typeof pattern === 'string' || pattern instanceof RegExp;
      if (!hasEntry(replacer) || !isPlain) return apply(native, this, [pattern, replacer]);
      const start = pattern instanceof RegExp ? pattern.lastIndex : 0;
      const matches: unknown[][] = [];
      // First all matches are found, as the native function does; then they are replaced.
      apply(native, this, [
        pattern,
        (...match: unknown[]) => {
          matches.push(match);
          return '';
        },
      ]);
      const answers: string[] = [];
      for (const match of matches) answers.push(String(yield* call(replacer, undefined, match)));
      let next = 0;
      if (pattern instanceof RegExp) pattern.lastIndex = start;
      return apply(native, this, [pattern, () => answers[next++]]);
    });
  }
}
