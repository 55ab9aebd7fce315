/**
 * `html`: HTML read as jQuery reads it. Documents lie with the host; a `Selection` names nodes of one and
 * asks about them.
 */
import { HtmlFact, type HtmlNode, HtmlWay, Op } from '../contract/ops.ts';
import { crosses, nextId, op, wellFormed } from '../host.ts';

// Asked in init, where waiting for it spoils no measurement.
op(Op.htmlReady);

const releases: FinalizationRegistry<number> = /* @__PURE__ */ new FinalizationRegistry(
  (id: number) => {
    op(Op.htmlRelease, id);
  },
);

/** A document the host keeps as long as something here refers to it. */
class Page {
  readonly #id: number = nextId();
  constructor(text: string) {
    // A NUL cannot cross, and HTML leaves it out of text anyway.
    const whole = crosses(text) ? text : wellFormed(text.replaceAll('\0', ''));
    op(Op.htmlParse, this.#id, whole);
    releases.register(this, this.#id);
  }
  walk(nodes: Int32Array, way: number, selector?: string): Int32Array {
    const found = op(Op.htmlWalk, this.#id, nodes.buffer as ArrayBuffer, way, selector);
    return new Int32Array((found ?? new ArrayBuffer(0)) as ArrayBuffer);
  }
  read(nodes: Int32Array, fact: number, name?: string): string | undefined {
    return op(Op.htmlRead, this.#id, nodes.buffer as ArrayBuffer, fact, name) as string | undefined;
  }
  json(nodes: Int32Array, fact: number): unknown {
    const text = this.read(nodes, fact);
    return text === undefined ? undefined : JSON.parse(text);
  }
}

/** A field as a form sends it. */
export interface FormValue {
  name: string;
  value: string;
}
/** Judges an element by its place and itself. */
export type Tester = (index: number, element: Selection) => boolean;
type Criterion = string | Tester | Selection;

function optionalText(selector: unknown): string | undefined {
  return selector === undefined || selector === null ? undefined : String(selector);
}

/** Text of a `data-` attribute as what it looks like: JSON, a number, true, false or null. */
function dataValue(text: string): unknown {
  if (text === 'true' || text === 'false' || text === 'null') return JSON.parse(text);
  if (String(Number(text)) === text) return Number(text);
  if (/^(?:\{[^]*\}|\[[^]*\])$/.test(text)) {
    try {
      return JSON.parse(text);
    } catch {
      // It only looks like JSON.
    }
  }
  return text;
}

/** Nodes of a document, in most cases elements. What asks about one node asks about the first. */
export class Selection {
  /** Address of the page, '' when it came from no response. */
  readonly url: string;
  readonly #page: Page;
  readonly #nodes: Int32Array;
  readonly #before: Selection | undefined;

  /** Made by `parseHTML` and `Response.html`. */
  constructor(page: Page, nodes: Int32Array, url: string, before?: Selection) {
    this.#page = page;
    this.#nodes = nodes;
    this.url = url;
    this.#before = before;
  }

  #with(nodes: Int32Array): Selection {
    return new Selection(this.#page, nodes, this.url, this);
  }
  #walk(way: number, selector?: unknown): Selection {
    return this.#with(this.#page.walk(this.#nodes, way, optionalText(selector)));
  }
  #one(index: number): Selection {
    return this.#with(this.#nodes.slice(index, index + 1));
  }

  /** Descendants that match. */
  find(selector: string): Selection {
    return this.#walk(HtmlWay.find, String(selector));
  }
  /** The first of `find(selector)`. */
  single(selector: string): Selection {
    return this.find(selector).first();
  }
  children(selector?: string): Selection {
    return this.#walk(HtmlWay.children, selector);
  }
  /** Children of every kind, text and comments too. */
  contents(): Selection {
    return this.#walk(HtmlWay.contents);
  }
  parent(selector?: string): Selection {
    return this.#walk(HtmlWay.parent, selector);
  }
  /** All elements around, from the inside out. */
  parents(selector?: string): Selection {
    return this.#walk(HtmlWay.parents, selector);
  }
  /** The elements around up to one that matches, which is left out. */
  parentsUntil(selector?: string): Selection {
    return this.#walk(HtmlWay.parentsUntil, selector);
  }
  /** For each, the nearest that matches of itself and the elements around it. */
  closest(selector: string): Selection {
    return this.#walk(HtmlWay.closest, String(selector));
  }
  next(selector?: string): Selection {
    return this.#walk(HtmlWay.next, selector);
  }
  nextAll(selector?: string): Selection {
    return this.#walk(HtmlWay.nextAll, selector);
  }
  nextUntil(selector?: string): Selection {
    return this.#walk(HtmlWay.nextUntil, selector);
  }
  prev(selector?: string): Selection {
    return this.#walk(HtmlWay.prev, selector);
  }
  /** All elements before it on its level, from the nearest on. */
  prevAll(selector?: string): Selection {
    return this.#walk(HtmlWay.prevAll, selector);
  }
  prevUntil(selector?: string): Selection {
    return this.#walk(HtmlWay.prevUntil, selector);
  }
  siblings(selector?: string): Selection {
    return this.#walk(HtmlWay.siblings, selector);
  }
  /** Those with a descendant that matches. */
  has(selector: string): Selection {
    return this.#walk(HtmlWay.has, String(selector));
  }

  /** Those that match, that the function says true of, or that are in the other selection. */
  filter(criterion: Criterion): Selection {
    if (typeof criterion === 'function') {
      return this.#with(this.#nodes.filter((_node, index) => criterion(index, this.#one(index))));
    }
    if (!(criterion instanceof Selection)) return this.#walk(HtmlWay.filter, String(criterion));
    return this.#with(this.#nodes.filter((node) => criterion.#nodes.includes(node)));
  }
  /** Those `filter` leaves out. */
  not(criterion: Criterion): Selection {
    if (typeof criterion === 'function') {
      return this.#with(this.#nodes.filter((_node, index) => !criterion(index, this.#one(index))));
    }
    if (!(criterion instanceof Selection)) return this.#walk(HtmlWay.not, String(criterion));
    return this.#with(this.#nodes.filter((node) => !criterion.#nodes.includes(node)));
  }
  /** Whether `filter` leaves at least one. */
  is(criterion: Criterion): boolean {
    return this.filter(criterion).size() > 0;
  }

  /** These and others: those of the page that match, or another selection of the same page. */
  add(other: string | Selection): Selection {
    const root = new Int32Array(1);
    const more =
      other instanceof Selection
        ? other.#nodes
        : this.#page.walk(root, HtmlWay.find, String(other));
    if (other instanceof Selection && other.#page !== this.#page) {
      throw new TypeError('add(selection): the two selections are of different documents');
    }
    return this.#with(Int32Array.from(new Set([...this.#nodes, ...more])));
  }
  /** The selection this one was made from; an empty one at the beginning. */
  end(): Selection {
    return this.#before ?? this.#with(new Int32Array(0));
  }
  /**
   * Where the first element stands: among its neighbours, or with an argument among those that match, or
   * where the first of another selection stands among these; -1 when it is not there.
   */
  index(other?: string | Selection): number {
    const [first] = this.#nodes;
    if (first === undefined) return -1;
    if (other === undefined || other === null) return this.first().prevAll().size();
    if (other instanceof Selection) return this.#nodes.indexOf(other.#nodes[0] ?? -1);
    return this.#page.walk(new Int32Array(1), HtmlWay.find, String(other)).indexOf(first);
  }

  first(): Selection {
    return this.#one(0);
  }
  last(): Selection {
    return this.#one(Math.max(0, this.size() - 1));
  }
  /** The one at a place; a negative number counts from the end. */
  eq(index: number): Selection {
    const place = index < 0 ? this.size() + index : index;
    return place < 0 ? this.#with(new Int32Array(0)) : this.#one(place);
  }
  slice(start: number, end?: number): Selection {
    return this.#with(this.#nodes.slice(start, end));
  }
  size(): number {
    return this.#nodes.length;
  }
  /** The element at a place; a negative number counts from the end. */
  get(index: number): Element | undefined {
    return elementAt(this.#page, this.#nodes.at(index));
  }
  /** A selection of one for each of these. */
  toArray(): Selection[] {
    return Array.from(this.#nodes, (_node, index) => this.#one(index));
  }
  each(handler: (index: number, element: Element) => void): Selection {
    for (let i = 0; i < this.size(); i++) handler(i, this.get(i) as Element);
    return this;
  }
  map<R>(mapper: (index: number, selection: Selection) => R): R[] {
    return this.toArray().map((one, index) => mapper(index, one));
  }

  attr(name: string): string | undefined;
  attr<D>(name: string, otherwise: D): string | D;
  attr(name: string, otherwise?: unknown): unknown {
    return this.#page.read(this.#nodes, HtmlFact.attribute, String(name)) ?? otherwise;
  }
  /** The text of all, one after the other. */
  text(): string {
    return this.#page.read(this.#nodes, HtmlFact.text) ?? '';
  }
  /** The markup inside. */
  html(): string | undefined {
    return this.#page.read(this.#nodes, HtmlFact.innerHtml);
  }
  /** The value of a form's control; a list for a `select` with `multiple`. */
  val(): string | string[] | undefined {
    return this.#page.json(this.#nodes, HtmlFact.value) as string | string[] | undefined;
  }
  /**
   * A `data-` attribute by its name in camelCase, or all of them. What looks like JSON, a number, true,
   * false or null is given as that.
   */
  data(key?: string): unknown {
    const attributes = (this.#page.json(this.#nodes, HtmlFact.attributes) ?? {}) as Attributes;
    if (key !== undefined) {
      const name = String(key).replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
      const text = attributes[`data-${name}`];
      return text === undefined ? undefined : dataValue(text);
    }
    const data: Record<string, unknown> = {};
    for (const [name, text] of Object.entries(attributes)) {
      if (!name.startsWith('data-')) continue;
      const camel = name
        .slice(5)
        .replace(/-([a-z])/g, (_all, letter: string) => letter.toUpperCase());
      data[camel] = dataValue(text);
    }
    return data;
  }

  /** What a form would send, as text for a URL or a body. */
  serialize(): string {
    const encode = (text: string): string => encodeURIComponent(text).replaceAll('%20', '+');
    return this.serializeArray()
      .map(({ name, value }) => `${encode(name)}=${encode(value)}`)
      .join('&');
  }
  /** What a form would send, in the order of the document. */
  serializeArray(): FormValue[] {
    const fields = this.#page.json(this.#nodes, HtmlFact.fields) as [string, string][];
    return fields.map(([name, value]) => ({ name, value }));
  }
  /** What a form would send, by name; of several values of one name the last. */
  serializeObject(): Record<string, string> {
    return Object.fromEntries(this.serializeArray().map(({ name, value }) => [name, value]));
  }
}

type Attributes = Record<string, string>;

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

function elementAt(page: Page, node: number | undefined): Element | undefined {
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

/** A page as the selection of its document. `url` is where it came from, if it came from anywhere. */
export function pageOf(text: string, url: string): Selection {
  return new Selection(new Page(text), new Int32Array(1), url);
}

/** Reads HTML, which may be a whole page or part of one; what is missing around it is added. */
export function parseHTML(html: string): Selection {
  return pageOf(String(html), '');
}

const html: { parseHTML: typeof parseHTML } = { parseHTML };
export default html;
