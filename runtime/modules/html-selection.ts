/** `Selection`: nodes of a document, with jQuery's methods. */
import { HtmlFact, HtmlWay } from '../contract/ops.ts';
import { type Attributes, type Element, elementAt } from './html-element.ts';
import { Page } from './html-page.ts';

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

/** A page as the selection of its document. `url` is where it came from, if it came from anywhere. */
export function pageOf(text: string, url: string): Selection {
  return new Selection(new Page(text), new Int32Array(1), url);
}
