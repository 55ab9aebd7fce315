/** A parsed document as a list: nodes in the order of the text, each followed by what is in it. */
import { type AnyNode, type Document, hasChildren, isText } from 'domhandler';
import { GuestError } from '../errors.ts';
import { limits } from '../limits.ts';
import { libraries } from './libraries.ts';

function parsed(text: string): Document {
  const { parse, adapter } = libraries();
  let depth = 0;
  return parse(text, {
    treeAdapter: {
      ...adapter,
      // For each element the parser looks through those that are open.
      onItemPush: () => {
        if (++depth > limits.htmlDepth) {
          throw new GuestError(
            `an HTML document may be nested ${limits.htmlDepth} deep, and this one is deeper`,
            'RangeError',
          );
        }
      },
      onItemPop: () => {
        depth--;
      },
    },
  });
}

export class Tree {
  readonly nodes: readonly AnyNode[];
  /** Length of the text it was made from, in UTF-16 units. */
  readonly units: number;
  readonly #places = new Map<AnyNode, number>();
  /** By place: the place after the last node inside. */
  readonly #ends: readonly number[];

  constructor(text: string) {
    const document = parsed(text);
    const nodes: AnyNode[] = [];
    const ends: number[] = [];
    let at: AnyNode | null = document;
    while (at !== null) {
      this.#places.set(at, nodes.length);
      nodes.push(at);
      let next: AnyNode | null = hasChildren(at) ? at.firstChild : null;
      for (; next === null && at !== null; at = at.parent) {
        ends[this.placeOf(at)] = nodes.length;
        next = at.next;
      }
      at = next;
    }
    this.nodes = nodes;
    this.#ends = ends;
    this.units = text.length;
  }

  placeOf(node: AnyNode): number {
    return this.#places.get(node) as number;
  }

  /** What is inside of a node, at any depth. */
  *inside(node: AnyNode): Generator<AnyNode, void, undefined> {
    const place = this.placeOf(node);
    const end = this.#ends[place] as number;
    for (let at = place + 1; at < end; at++) yield this.nodes[at] as AnyNode;
  }

  text(node: AnyNode): string {
    if (isText(node)) return node.data;
    let text = '';
    for (const one of this.inside(node)) if (isText(one)) text += one.data;
    return text;
  }
}
