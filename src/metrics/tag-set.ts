import { limits } from '../limits.ts';
import type { TagSet } from './contract.ts';

/**
 * Tag sets of this thread. Each distinct set is one object, found again through the set it was made
 * from, so that a request's tags cost a few look-ups and no string is built once the set is known.
 *
 * The table holds at most `limits.tagSets` sets, because tags often carry URLs and a table that grows
 * with them would outgrow the machine. A set beyond it is an object of its own with the id -1: it works
 * as any other, but nothing remembers it, and the recorder counts it under `__other__`.
 */

/** The id of sets that the full table could not take. */
export const uninternedId = -1;

/** What the bounds cost so far in this thread; the recorder turns it into a warning. */
export const tagLosses: { cut: number; dropped: number } = { cut: 0, dropped: 0 };

interface Pair {
  readonly id: number;
  readonly key: string;
  readonly value: string;
}

const pairsByKey = new Map<string, Map<string, Pair>>();
let pairCount = 0;
const nodes = new Map<string, TagNode>();

class TagNode implements TagSet {
  readonly id: number;
  readonly #pairs: readonly Pair[];
  // Most sets are continued in one way only, so the first continuation needs no map.
  #onlyKey: string | undefined;
  #onlyValue: string | undefined;
  #onlyChild: TagNode | undefined;
  #children: Map<string, Map<string, TagNode>> | undefined;

  constructor(id: number, pairs: readonly Pair[]) {
    this.id = id;
    this.#pairs = pairs;
  }

  with(key: string, value: string): TagSet {
    if (key === this.#onlyKey && value === this.#onlyValue) return this.#onlyChild as TagNode;
    return this.#children?.get(key)?.get(value) ?? this.#derive(key, value);
  }

  #derive(fullKey: string, fullValue: string): TagNode {
    const key = cut(fullKey);
    const value = cut(fullValue);
    const at = this.#pairs.findIndex((pair) => pair.key >= key);
    const position = at < 0 ? this.#pairs.length : at;
    const replaced = this.#pairs[position]?.key === key ? 1 : 0;
    if (replaced === 0 && this.#pairs.length >= limits.tagsPerSample) {
      tagLosses.dropped++;
      return this;
    }
    const child = intern(this.#pairs.toSpliced(position, replaced, pairOf(key, value)));
    // A cut text is not remembered: the memo would hold the long one.
    const remembered = child.id !== uninternedId && key === fullKey && value === fullValue;
    if (remembered) this.#remember(key, value, child);
    return child;
  }

  #remember(key: string, value: string, child: TagNode): void {
    if (this.#onlyChild === undefined) {
      this.#onlyKey = key;
      this.#onlyValue = value;
      this.#onlyChild = child;
      return;
    }
    this.#children ??= new Map();
    let byValue = this.#children.get(key);
    if (byValue === undefined) this.#children.set(key, (byValue = new Map()));
    byValue.set(value, child);
  }

  without(key: string): TagSet {
    const at = this.#pairs.findIndex((pair) => pair.key === key);
    return at < 0 ? this : intern(this.#pairs.toSpliced(at, 1));
  }

  get(key: string): string | undefined {
    for (const pair of this.#pairs) if (pair.key === key) return pair.value;
    return undefined;
  }

  entries(): readonly (readonly [string, string])[] {
    return this.#pairs.map((pair) => [pair.key, pair.value] as const);
  }
}

function intern(pairs: readonly Pair[]): TagNode {
  if (pairs.some((pair) => pair.id === uninternedId)) return new TagNode(uninternedId, pairs);
  const key = pairs.map((pair) => pair.id).join();
  const known = nodes.get(key);
  if (known !== undefined) return known;
  if (nodes.size >= limits.tagSets) return new TagNode(uninternedId, pairs);
  const node = new TagNode(nodes.size, pairs);
  nodes.set(key, node);
  return node;
}

function pairOf(key: string, value: string): Pair {
  const known = pairsByKey.get(key)?.get(value);
  if (known !== undefined) return known;
  if (pairCount >= limits.tagSets) return { id: uninternedId, key, value };
  const pair = { id: pairCount++, key, value };
  const byValue = pairsByKey.get(key);
  if (byValue === undefined) pairsByKey.set(key, new Map([[value, pair]]));
  else byValue.set(value, pair);
  return pair;
}

/** At most `limits.tagLength` UTF-16 units, never half a surrogate pair. */
function cut(text: string): string {
  if (text.length <= limits.tagLength) return text;
  tagLosses.cut++;
  return text.slice(0, limits.tagLength).replace(/[\uD800-\uDBFF]$/, '');
}

/**
 * The set with these tags, the same object for the same tags in one thread. Keys and values longer
 * than `limits.tagLength` are cut and tags beyond `limits.tagsPerSample` left out; both are counted.
 */
export function rootTags(tags: Readonly<Record<string, string>> = {}): TagSet {
  let set: TagSet = intern([]);
  for (const [key, value] of Object.entries(tags)) set = set.with(key, value);
  return set;
}
