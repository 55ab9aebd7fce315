/** From nodes of a document to others. */
import { type AnyNode, type Element, hasChildren, isTag } from 'domhandler';
import { HtmlWay } from '../../runtime/contract/ops.ts';
import type { Match } from './selectors.ts';
import type { Tree } from './tree.ts';

type Step = (node: AnyNode, tree: Tree, match: Match) => Iterable<AnyNode>;
type Link = 'next' | 'prev' | 'parent';

/** The elements one comes to by going on and on. */
function* along(node: AnyNode, link: Link): Generator<Element, void, undefined> {
  for (let at = node[link]; at !== null; at = at[link]) {
    if (isTag(at)) yield at;
  }
}

function* until(node: AnyNode, link: Link, match: Match): Generator<Element, void, undefined> {
  for (const element of along(node, link)) {
    if (match(element)) return;
    yield element;
  }
}

function* only(elements: Iterable<AnyNode>, match: Match): Generator<AnyNode, void, undefined> {
  for (const one of elements) if (isTag(one) && match(one)) yield one;
}

function first(elements: Iterable<Element>): Element[] {
  for (const element of elements) return [element];
  return [];
}

function one(node: AnyNode | null): AnyNode[] {
  return node === null ? [] : [node];
}

const childrenOf = (node: AnyNode): AnyNode[] => (hasChildren(node) ? node.children : []);
const beside = (node: AnyNode): AnyNode[] =>
  node.parent === null ? [] : childrenOf(node.parent).filter((other) => other !== node);

const steps: Readonly<Record<number, Step>> = {
  [HtmlWay.find]: (node, tree, match) => only(tree.inside(node), match),
  [HtmlWay.children]: (node, _tree, match) => only(childrenOf(node), match),
  [HtmlWay.contents]: childrenOf,
  [HtmlWay.parent]: (node, _tree, match) => only(one(node.parent), match),
  [HtmlWay.parents]: (node, _tree, match) => only(along(node, 'parent'), match),
  [HtmlWay.parentsUntil]: (node, _tree, match) => until(node, 'parent', match),
  *[HtmlWay.closest](node, _tree, match) {
    for (let at: AnyNode | null = node; at !== null; at = at.parent) {
      if (!isTag(at) || !match(at)) continue;
      yield at;
      return;
    }
  },
  [HtmlWay.next]: (node, _tree, match) => only(first(along(node, 'next')), match),
  [HtmlWay.nextAll]: (node, _tree, match) => only(along(node, 'next'), match),
  [HtmlWay.nextUntil]: (node, _tree, match) => until(node, 'next', match),
  [HtmlWay.prev]: (node, _tree, match) => only(first(along(node, 'prev')), match),
  [HtmlWay.prevAll]: (node, _tree, match) => only(along(node, 'prev'), match),
  [HtmlWay.prevUntil]: (node, _tree, match) => until(node, 'prev', match),
  [HtmlWay.siblings]: (node, _tree, match) => only(beside(node), match),
  [HtmlWay.filter]: (node, _tree, match) => only([node], match),
  [HtmlWay.not]: (node, _tree, match) => (isTag(node) && match(node) ? [] : [node]),
  *[HtmlWay.has](node, tree, match) {
    for (const _found of only(tree.inside(node), match)) {
      yield node;
      return;
    }
  },
  [HtmlWay.nextNode]: (node) => one(node.next),
  [HtmlWay.prevNode]: (node) => one(node.prev),
  [HtmlWay.parentNode]: (node) => one(node.parent),
};

/** Each node is found once, in the order in which one comes to it. */
export function walk(
  tree: Tree,
  nodes: readonly AnyNode[],
  way: number,
  match: Match,
): Set<AnyNode> {
  const found = new Set<AnyNode>();
  const step = steps[way];
  if (step !== undefined) {
    for (const node of nodes) for (const other of step(node, tree, match)) found.add(other);
  }
  return found;
}
