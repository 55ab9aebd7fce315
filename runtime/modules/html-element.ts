/** `Element`: one node of a document, and its attributes. */
import { HtmlFact, type HtmlNode, HtmlWay } from '../contract/ops.ts';
import type { Page } from './html-page.ts';

/** Names and values. */
export type Attributes = Record<string, string>;

/** An attribute of an element. */
export class Attribute {
  readonly name: string;
  readonly value: string;
  readonly ownerElement: Element;
  constructor(name: string, value: string, ownerElement: Element) {
    this.name = name;
    this.value = value;
    this.ownerElement = ownerElement;
  }
  localName(): string {
    return this.name.slice(this.name.indexOf(':') + 1);
  }
  /** Attributes of HTML are in none. */
  namespaceURI(): string {
    return '';
  }
  prefix(): string {
    return this.name.includes(':') ? this.name.slice(0, this.name.indexOf(':')) : '';
  }
}

const htmlNamespace = 'http://www.w3.org/1999/xhtml';

export function elementAt(page: Page, node: number | undefined): Element | undefined {
  return node === undefined ? undefined : new Element(page, node);
}

/** One node, with the names the DOM has for its parts, all of which are functions here. */
export class Element {
  readonly #page: Page;
  readonly #node: Int32Array;
  #known: HtmlNode | undefined;

  constructor(page: Page, node: number) {
    this.#page = page;
    this.#node = Int32Array.of(node);
  }

  #walk(way: number, selector?: string): Element[] {
    const nodes = this.#page.walk(this.#node, way, selector);
    return Array.from(nodes, (node) => new Element(this.#page, node));
  }
  #describe(): HtmlNode {
    this.#known ??= this.#page.json(this.#node, HtmlFact.node) as HtmlNode;
    return this.#known;
  }
  #attributes(): Attributes {
    return this.#page.json(this.#node, HtmlFact.attributes) as Attributes;
  }

  nodeName(): string {
    return this.#describe().name;
  }
  /** 1 element, 3 text, 8 comment, 9 document, 10 doctype. */
  nodeType(): number {
    return this.#describe().type;
  }
  /** The text of a text node or comment. */
  nodeValue(): string | undefined {
    return this.#describe().value;
  }
  namespaceURI(): string {
    return this.#describe().namespace ?? '';
  }
  isDefaultNamespace(): boolean {
    return this.namespaceURI() === htmlNamespace;
  }
  /** The markup of the node itself. */
  toString(): string {
    return this.#page.read(this.#node, HtmlFact.outerHtml) ?? '';
  }
  innerHTML(): string | undefined {
    return this.#page.read(this.#node, HtmlFact.innerHtml);
  }
  textContent(): string {
    return this.#page.read(this.#node, HtmlFact.text) ?? '';
  }

  attributes(): Record<string, Attribute> {
    return Object.fromEntries(
      Object.entries(this.#attributes()).map(([name, value]) => [
        name,
        new Attribute(name, value, this),
      ]),
    );
  }
  getAttribute(name: string): string | undefined {
    return this.#page.read(this.#node, HtmlFact.attribute, String(name));
  }
  getAttributeNode(name: string): Attribute | undefined {
    const value = this.getAttribute(name);
    return value === undefined ? undefined : new Attribute(String(name), value, this);
  }
  hasAttribute(name: string): boolean {
    return this.getAttribute(name) !== undefined;
  }
  hasAttributes(): boolean {
    return Object.keys(this.#attributes()).length > 0;
  }
  id(): string {
    return this.getAttribute('id') ?? '';
  }
  className(): string | undefined {
    return this.getAttribute('class');
  }
  classList(): string[] {
    return (this.className() ?? '').split(/\s+/).filter((name) => name !== '');
  }
  /** The language of its text, which an element around it may say. */
  lang(): string | undefined {
    return this.getAttribute('lang') ?? this.#walk(HtmlWay.closest, '[lang]')[0]?.lang();
  }

  childNodes(): Element[] {
    return this.#walk(HtmlWay.contents);
  }
  children(): Element[] {
    return this.#walk(HtmlWay.children);
  }
  childElementCount(): number {
    return this.children().length;
  }
  hasChildNodes(): boolean {
    return this.childNodes().length > 0;
  }
  firstChild(): Element | undefined {
    return this.childNodes()[0];
  }
  lastChild(): Element | undefined {
    return this.childNodes().at(-1);
  }
  firstElementChild(): Element | undefined {
    return this.children()[0];
  }
  lastElementChild(): Element | undefined {
    return this.children().at(-1);
  }
  nextSibling(): Element | undefined {
    return this.#walk(HtmlWay.nextNode)[0];
  }
  previousSibling(): Element | undefined {
    return this.#walk(HtmlWay.prevNode)[0];
  }
  nextElementSibling(): Element | undefined {
    return this.#walk(HtmlWay.next)[0];
  }
  previousElementSibling(): Element | undefined {
    return this.#walk(HtmlWay.prev)[0];
  }
  parentNode(): Element | undefined {
    return this.#walk(HtmlWay.parentNode)[0];
  }
  parentElement(): Element | undefined {
    return this.#walk(HtmlWay.parent)[0];
  }
  /** The document; undefined for the document itself. */
  ownerDocument(): Element | undefined {
    return this.#node[0] === 0 ? undefined : new Element(this.#page, 0);
  }

  querySelector(selector: string): Element | undefined {
    return this.querySelectorAll(selector)[0];
  }
  querySelectorAll(selector: string): Element[] {
    return this.#walk(HtmlWay.find, String(selector));
  }
  getElementsByClassName(name: string): Element[] {
    const names = String(name)
      .split(/\s+/)
      .filter((one) => one !== '');
    if (names.length === 0) return [];
    return this.#walk(HtmlWay.find, names.map((one) => `[class~=${JSON.stringify(one)}]`).join(''));
  }
  getElementsByTagName(name: string): Element[] {
    return this.#walk(HtmlWay.find, String(name).toLowerCase());
  }
  matches(selector: string): boolean {
    return this.#walk(HtmlWay.filter, String(selector)).length > 0;
  }
  /** Whether the other lies inside of this one, or is the same. */
  contains(other: Element): boolean {
    for (let at: Element | undefined = other; at !== undefined; at = at.parentNode()) {
      if (this.isSameNode(at)) return true;
    }
    return false;
  }
  isSameNode(other: Element): boolean {
    return this.#page === other.#page && this.#node[0] === other.#node[0];
  }
  /** Whether both are the same text. */
  isEqualNode(other: Element): boolean {
    return this.nodeType() === other.nodeType() && String(this) === String(other);
  }
}
