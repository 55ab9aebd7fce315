/**
 * The HTML documents of one VU. They are kept by the host: the parser and its tree would weigh more than
 * all else in a guest, and take fifty times as long there.
 */
import { type AnyNode, isTag } from 'domhandler';
import { HtmlFact, type HtmlNode, HtmlWay } from '../../runtime/contract/ops.ts';
import { GuestError } from '../errors.ts';
import { limits } from '../limits.ts';
import { fieldsOf, valueOf } from './form.ts';
import { libraries } from './libraries.ts';
import { innerHtml, outerHtml } from './markup.ts';
import { type Match, matcher } from './selectors.ts';
import { Tree } from './tree.ts';
import { walk } from './walk.ts';

type Warn = (message: string) => void;

const nodeKinds: Readonly<Record<string, [type: number, name: string]>> = {
  text: [3, '#text'],
  comment: [8, '#comment'],
  root: [9, '#document'],
  directive: [10, '#doctype'],
};

function describe(node: AnyNode): HtmlNode {
  if (isTag(node)) {
    const { name, namespace } = node;
    return { type: 1, name, ...(namespace !== undefined && { namespace }) };
  }
  const [type, name] = nodeKinds[node.type] ?? [0, ''];
  return { type, name, ...('data' in node && { value: node.data }) };
}

function attributeOf(node: AnyNode, name: string): string | undefined {
  return isTag(node) && Object.hasOwn(node.attribs, name) ? node.attribs[name] : undefined;
}

/** Whatever it is. */
const anything: Match = () => true;
const nothing: Match = () => false;
/** Ways that go on up to what the selector matches. */
const until: ReadonlySet<number> = new Set([
  HtmlWay.parentsUntil,
  HtmlWay.nextUntil,
  HtmlWay.prevUntil,
]);

export class Documents {
  readonly #trees = new Map<number, Tree>();
  #units = 0;

  static ready(): undefined {
    libraries();
  }

  parse(id: number, text: string): undefined {
    if (this.#units + text.length > limits.vuHtmlUnits) {
      throw new GuestError(
        `the HTML documents this VU holds would be more than ${limits.vuHtmlUnits / 1024 / 1024} MB of text together; parse fewer of them in one go, or keep what you need of them in place of the documents`,
        'RangeError',
      );
    }
    const tree = new Tree(text);
    this.#trees.set(id, tree);
    this.#units += tree.units;
  }

  release(id: number): undefined {
    this.#units -= this.#trees.get(id)?.units ?? 0;
    this.#trees.delete(id);
  }

  walk(
    id: number,
    places: Uint8Array,
    way: number,
    selector: string | undefined,
    warn: Warn,
  ): Uint8Array {
    const tree = this.#tree(id);
    // Where nothing is to be matched, `until` has no end.
    const unasked = until.has(way) ? nothing : anything;
    const match = selector === undefined ? unasked : matcher(selector, warn);
    const found = walk(tree, nodesAt(tree, places), way, match);
    const numbers = Int32Array.from(found, (node) => tree.placeOf(node));
    return new Uint8Array(numbers.buffer);
  }

  read(id: number, places: Uint8Array, fact: number, name: string | undefined): string | undefined {
    const tree = this.#tree(id);
    const nodes = nodesAt(tree, places);
    const [first] = nodes;
    if (fact === HtmlFact.text) return nodes.map((node) => tree.text(node)).join('');
    if (fact === HtmlFact.fields) return JSON.stringify(fieldsOf(tree, nodes));
    if (first === undefined) return undefined;
    switch (fact) {
      case HtmlFact.innerHtml:
        return innerHtml(first);
      case HtmlFact.outerHtml:
        return outerHtml(first);
      case HtmlFact.attribute:
        return attributeOf(first, name ?? '');
      case HtmlFact.attributes:
        return JSON.stringify(isTag(first) ? first.attribs : {});
      case HtmlFact.node:
        return JSON.stringify(describe(first));
      case HtmlFact.value:
        return JSON.stringify(valueOf(tree, first));
      default:
        return undefined;
    }
  }

  #tree(id: number): Tree {
    const tree = this.#trees.get(id);
    if (tree === undefined) throw new GuestError('this VU has no such document');
    return tree;
  }
}

function nodesAt(tree: Tree, places: Uint8Array): AnyNode[] {
  const numbers = new Int32Array(places.slice().buffer);
  return Array.from(numbers, (place) => tree.nodes[place]).filter((node) => node !== undefined);
}
