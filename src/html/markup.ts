/** HTML text of a tree, with the same spellings as k6's: `<br/>`, and quotes as `&#34;`. */
import { type AnyNode, hasChildren, isComment, isDirective, isTag, isText } from 'domhandler';

const voids = new Set(
  'area base br col embed hr img input keygen link meta param source track wbr'.split(' '),
);
/** What is in them is no markup. */
const raw = new Set('iframe noembed noframes noscript plaintext script style xmp'.split(' '));
const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  "'": '&#39;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&#34;',
  '\r': '&#13;',
};

function escaped(text: string): string {
  return text.replace(/[&'<>"\r]/g, (character) => entities[character] as string);
}

function opening(node: AnyNode): string {
  if (isText(node)) {
    const { parent } = node;
    return parent !== null && isTag(parent) && raw.has(parent.name)
      ? node.data
      : escaped(node.data);
  }
  if (isComment(node)) return `<!--${node.data}-->`;
  if (isDirective(node)) return `<${node.data}>`;
  if (!isTag(node)) return '';
  let text = `<${node.name}`;
  for (const { name, value } of node.attributes) text += ` ${name}="${escaped(value)}"`;
  return `${text}${voids.has(node.name) ? '/>' : '>'}`;
}

function closing(node: AnyNode): string {
  return isTag(node) && !voids.has(node.name) ? `</${node.name}>` : '';
}

export function outerHtml(root: AnyNode): string {
  let text = '';
  let at = root;
  for (;;) {
    text += opening(at);
    const child = hasChildren(at) ? at.firstChild : null;
    if (child !== null) {
      at = child;
      continue;
    }
    text += closing(at);
    while (at !== root && at.next === null) {
      at = at.parent as AnyNode;
      text += closing(at);
    }
    if (at === root) return text;
    at = at.next as AnyNode;
  }
}

export function innerHtml(node: AnyNode): string {
  return hasChildren(node) ? (node.children as AnyNode[]).map(outerHtml).join('') : '';
}
