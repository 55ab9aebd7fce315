/** What forms hold, as a browser would send it before anybody has touched it. */
import { type AnyNode, type Element, isTag } from 'domhandler';
import type { Tree } from './tree.ts';

const controls = new Set(['input', 'select', 'textarea', 'keygen']);
/** Inputs that send nothing, or only when they are clicked. */
const silent = new Set(['submit', 'button', 'image', 'reset', 'file']);

function typeOf(input: Element): string {
  return (input.attribs['type'] ?? 'text').toLowerCase();
}

function isCheckable(element: Element): boolean {
  return element.name === 'input' && ['checkbox', 'radio'].includes(typeOf(element));
}

function optionValue(tree: Tree, option: Element): string {
  return option.attribs['value'] ?? tree.text(option).trim().replace(/\s+/g, ' ');
}

/** The options of a select that are chosen; a list with room for one line has always one. */
function chosen(tree: Tree, select: Element): Element[] {
  const options: Element[] = [];
  for (const node of tree.inside(select)) {
    if (isTag(node) && node.name === 'option') options.push(node);
  }
  const selected = options.filter((option) => 'selected' in option.attribs);
  if ('multiple' in select.attribs) return selected;
  const last = selected.at(-1) ?? options.find((option) => !('disabled' in option.attribs));
  return last === undefined ? [] : [last];
}

/** The value of a control; undefined for what is none. */
export function valueOf(tree: Tree, node: AnyNode): string | string[] | undefined {
  if (!isTag(node)) return undefined;
  switch (node.name) {
    case 'input':
      return node.attribs['value'] ?? (isCheckable(node) ? 'on' : '');
    case 'button':
      return node.attribs['value'] ?? '';
    case 'textarea':
      return tree.text(node);
    case 'option':
      return optionValue(tree, node);
    case 'select': {
      const values = chosen(tree, node).map((option) => optionValue(tree, option));
      return 'multiple' in node.attribs ? values : (values[0] ?? '');
    }
    default:
      return undefined;
  }
}

function isDisabled(control: Element): boolean {
  if ('disabled' in control.attribs) return true;
  for (let at: AnyNode | null = control.parent; at !== null; at = at.parent) {
    if (isTag(at) && at.name === 'fieldset' && 'disabled' in at.attribs) return true;
  }
  return false;
}

function sends(control: Element): boolean {
  if (!controls.has(control.name) || !control.attribs['name'] || isDisabled(control)) return false;
  if (control.name !== 'input') return true;
  return !silent.has(typeOf(control)) && (!isCheckable(control) || 'checked' in control.attribs);
}

/** The controls among some nodes and in them; a form has also those that name it as theirs. */
function* controlsOf(tree: Tree, nodes: readonly AnyNode[]): Generator<Element, void, undefined> {
  for (const node of nodes) {
    if (!isTag(node)) continue;
    if (controls.has(node.name)) yield node;
    const id = node.name === 'form' ? node.attribs['id'] : undefined;
    if (id === undefined) {
      for (const one of tree.inside(node)) {
        if (isTag(one) && (node.name !== 'form' || !('form' in one.attribs))) yield one;
      }
      continue;
    }
    const own = new Set(tree.inside(node));
    for (const one of tree.nodes) {
      if (isTag(one) && (one.attribs['form'] ?? (own.has(one) ? id : undefined)) === id) {
        yield one;
      }
    }
  }
}

/** Names and values that would be sent, in the order of the document. */
export function fieldsOf(tree: Tree, nodes: readonly AnyNode[]): [string, string][] {
  const fields: [string, string][] = [];
  for (const control of new Set(controlsOf(tree, nodes))) {
    if (!sends(control)) continue;
    const value = valueOf(tree, control) ?? '';
    for (const one of Array.isArray(value) ? value : [value]) {
      fields.push([control.attribs['name'] as string, one.replace(/\r\n?|\n/g, '\r\n')]);
    }
  }
  return fields;
}
