/** What a response has for pages. A program holds this when its script has one of the names in it. */
import { Op } from '../contract/ops.ts';
import { parseQuery } from '../globals/url-search-params.ts';
import { op } from '../host.ts';
import { pageOf, type Selection } from './html-selection.ts';
import { encodeBody } from './http-body.ts';
import { type Params, start } from './http-request.ts';
import { type ClickLink, Response, type ResponseType, type SubmitForm } from './http-response.ts';

type AnyResponse = Response<ResponseType>;
const pages: WeakMap<AnyResponse, Selection> = /* @__PURE__ */ new WeakMap();

function html(this: AnyResponse, selector?: string): Selection {
  let page = pages.get(this);
  if (page === undefined) {
    const { body } = this;
    if (body === null) {
      throw new Error(
        "the body is null so we can't transform it to HTML - this likely was because of a request error getting the response",
      );
    }
    if (typeof body !== 'string') {
      throw new TypeError("the body is binary; ask for responseType 'text' to read it as HTML");
    }
    page = pageOf(body, this.url);
    pages.set(this, page);
  }
  return selector === undefined || selector === null ? page : page.find(selector);
}

function resolved(address: string, response: AnyResponse): string {
  try {
    const json = op(Op.urlParse, address, response.url) as string;
    return (JSON.parse(json) as { href: string }).href;
  } catch {
    throw new Error(`'${address}' in response '${response.url}' is no address`);
  }
}

/** A request that a page leads to. */
export type Way = [method: string, url: string, body: unknown, params: Params | undefined];

/** The request a click on a link makes. */
export function linkOf(response: AnyResponse, click: ClickLink = {}): Way {
  const selector = click.selector ?? 'a[href]';
  const link = html.call(response, selector).first();
  if (link.size() === 0) {
    throw new Error(`no element found for selector '${selector}' in response '${response.url}'`);
  }
  const href = link.attr('href');
  if (href === undefined) {
    throw new Error(
      `no valid href attribute value found on element '${selector}' in response '${response.url}'`,
    );
  }
  return ['GET', resolved(href, response), undefined, click.params ?? undefined];
}

/** The request a form makes when it is sent as it came, but for the fields that are given. */
export function formOf(response: AnyResponse, submit: SubmitForm = {}): Way {
  const selector = submit.formSelector ?? 'form';
  const form = html.call(response, selector).first();
  if (form.size() === 0) {
    throw new Error(`no form found for selector '${selector}' in response '${response.url}'`);
  }
  const values = Object.create(null) as Record<string, unknown>;
  const put = (name: string, value: string): void => {
    const before = values[name];
    if (before === undefined) values[name] = value;
    else if (Array.isArray(before)) before.push(value);
    else values[name] = [before, value];
  };
  for (const { name, value } of form.serializeArray()) put(name, value);
  const button = form.find(submit.submitSelector ?? '[type="submit"]').first();
  const name = button.attr('name');
  if (name) put(name, String(button.val() ?? ''));
  Object.assign(values, submit.fields);

  const method = (form.attr('method') || 'GET').toUpperCase();
  const url = resolved(form.attr('action') || response.url, response);
  const params = submit.params ?? undefined;
  if (method !== 'GET') return [method, url, values, params];
  const [, address, query = ''] = /^([^?#]*)(?:\?([^#]*))?/.exec(url) as string[];
  // What the address asks already is asked, too.
  for (const [key, value] of parseQuery(query)) put(key, value);
  const { data } = encodeBody(values);
  return ['GET', data ? `${address}?${data as string}` : (address as string), undefined, params];
}

async function submitForm(this: AnyResponse, submit?: SubmitForm): Promise<AnyResponse> {
  return start(...formOf(this, submit), false);
}

async function clickLink(this: AnyResponse, click?: ClickLink): Promise<AnyResponse> {
  return start(...linkOf(this, click), false);
}

/** Gives responses these methods. */
export function install(): void {
  for (const method of [html, submitForm, clickLink]) {
    Object.defineProperty(Response.prototype, method.name, {
      value: method,
      writable: true,
      configurable: true,
    });
  }
}
