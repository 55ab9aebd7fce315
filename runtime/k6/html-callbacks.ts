/** Lets functions given to the methods of a `Selection` block. */
import { Selection } from '../modules/html-selection.ts';
import { call, hasEntry, twin } from './wait.ts';

type Waiting = Generator<unknown, unknown, unknown>;

/** Those a function says `wanted` of. */
function* tested(all: Selection, tester: unknown, wanted: boolean): Generator<unknown, Selection> {
  let found = all.slice(0, 0);
  for (const [index, one] of all.toArray().entries()) {
    if (Boolean(yield* call(tester, undefined, [index, one])) === wanted) found = found.add(one);
  }
  return found;
}

export function pauseSelections(): void {
  const { filter, is, not } = Selection.prototype;
  const own: Record<string, (this: Selection, callback: never) => Waiting> = {
    *each(handler) {
      for (let i = 0; i < this.size(); i++) {
        yield* call(handler, undefined, [i, this.get(i)]);
      }
      return this;
    },
    *map(mapper) {
      const results: unknown[] = [];
      for (const [index, one] of this.toArray().entries()) {
        results.push(yield* call(mapper, undefined, [index, one]));
      }
      return results;
    },
    *filter(criterion) {
      return hasEntry(criterion)
        ? yield* tested(this, criterion, true)
        : filter.call(this, criterion);
    },
    *not(criterion) {
      return hasEntry(criterion)
        ? yield* tested(this, criterion, false)
        : not.call(this, criterion);
    },
    *is(criterion) {
      if (!hasEntry(criterion)) return is.call(this, criterion);
      return (yield* tested(this, criterion, true)).size() > 0;
    },
  };
  for (const [name, generator] of Object.entries(own)) {
    twin((Selection.prototype as unknown as Record<string, unknown>)[name], generator);
  }
}
