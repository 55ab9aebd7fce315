/**
 * Which function values can be where: a field-based analysis that ignores the order of statements. One
 * node stands for each variable, one for each name of a property in the whole program, one for what
 * lies in any collection. Too much in a set costs time at run time; what is missing is caught there.
 */
import type { AnyNode } from './syntax.ts';

/** A function, a class or a k6 module as a value. */
export type Value = number;
/** Where values can be. */
export type Place = number;

/** Stands for all values that were somewhere with too many others. */
export const anyValue: Value = 0;
/** Holds nothing. */
export const nowhere: Place = 0;
/** Sets beyond this size become `anyValue`, or large libraries would take minutes. */
const setMax = 24;

/** Sets of values and how they flow into each other. */
export class Flow {
  readonly #sets: (Set<Value> | undefined)[] = [undefined];
  readonly #targets: (Set<Place> | undefined)[] = [undefined];
  readonly #listeners: (((value: Value) => void)[] | undefined)[] = [undefined];
  readonly #queue: [Place, Value][] = [];
  readonly #escaped = new Set<Value>();
  /** Told once of every value that became part of `anyValue`. */
  onEscape: (value: Value) => void = () => undefined;

  place(): Place {
    this.#sets.push(undefined);
    return this.#sets.length - 1;
  }

  /** A place that holds this value. */
  holding(value: Value): Place {
    const place = this.place();
    this.add(place, value);
    return place;
  }

  add(place: Place, value: Value): void {
    if (place === nowhere) return;
    const set = (this.#sets[place] ??= new Set());
    if (set.has(value)) return;
    if (set.has(anyValue)) {
      this.#escape(value);
      return;
    }
    if (set.size >= setMax) {
      for (const one of set) this.#escape(one);
      this.#escape(value);
      set.clear();
      set.add(anyValue);
      this.#queue.push([place, anyValue]);
      return;
    }
    set.add(value);
    this.#queue.push([place, value]);
  }

  #escape(value: Value): void {
    if (value === anyValue || this.#escaped.has(value)) return;
    this.#escaped.add(value);
    this.onEscape(value);
  }

  /** Whatever is in `from` is in `to` as well. */
  edge(from: Place, to: Place): void {
    if (from === nowhere || to === nowhere || from === to) return;
    const targets = (this.#targets[from] ??= new Set());
    if (targets.has(to)) return;
    targets.add(to);
    for (const value of this.#sets[from] ?? []) this.add(to, value);
  }

  /** Calls `listener` with everything that is or will be in a place. */
  each(place: Place, listener: (value: Value) => void): void {
    if (place === nowhere) return;
    (this.#listeners[place] ??= []).push(listener);
    for (const value of [...(this.#sets[place] ?? [])]) listener(value);
  }

  solve(): void {
    for (let next = this.#queue.pop(); next !== undefined; next = this.#queue.pop()) {
      const [place, value] = next;
      for (const target of this.#targets[place] ?? []) this.add(target, value);
      for (const listener of this.#listeners[place] ?? []) listener(value);
    }
  }

  /** Escaped values do not count one by one: `anyValue` stands for them. */
  valuesIn(place: Place): Iterable<Value> {
    return this.#sets[place] ?? [];
  }

  isEmpty(place: Place): boolean {
    return (this.#sets[place]?.size ?? 0) === 0;
  }

  get escaped(): Iterable<Value> {
    return this.#escaped;
  }
}

/** A place of the program where its function may have to wait. */
export interface Site {
  node: AnyNode;
  /** Whether it may, by what is known of functions so far. */
  mayWait: () => boolean;
}
