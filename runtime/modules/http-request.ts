/** Starting requests and answering them; `http.ts` and `runtime/k6/http.ts` give this their shapes. */
import { Delivery, HttpBits, HttpMail, Mail, Op } from '../contract/ops.ts';
import { type Tags, tagText } from '../globals/arguments.ts';
import { domException } from '../globals/dom-exception.ts';
import {
  hold,
  life,
  mail,
  nextId,
  onDelivery,
  onFreshStart,
  op,
  unhold,
  wellFormed,
} from '../host.ts';
import type { Backoff } from './backoff.ts';
import { encodeBody } from './http-body.ts';
import { CookieJar } from './http-cookies.ts';
import { Response, type ResponseType } from './http-response.ts';
import type { Limit } from './limits.ts';
import type { OAuth, UserOAuth } from './oauth.ts';

/** What tells that the work is no longer wanted; an AbortSignal is one. */
export interface Signal {
  readonly aborted: boolean;
  readonly reason?: unknown;
  addEventListener(type: 'abort', listener: () => void): void;
  removeEventListener?(type: 'abort', listener: () => void): void;
}

/** What may be said of one request. */
export interface Params<T extends ResponseType = ResponseType> {
  headers?: Record<string, string | number | boolean>;
  /** Added to the request's samples. `name` takes the place of the URL in the tags `name` and `url`. */
  tags?: Tags;
  /** Short for `tags.name`. */
  name?: string;
  /** For everything from connecting to the last byte: milliseconds, or text such as '30s'. Default 60s. */
  timeout?: number | string;
  /** How many redirects to follow; 0 returns the redirect itself. */
  redirects?: number;
  /** 'text' (default), 'binary' for an ArrayBuffer, 'none' to read and drop the body. */
  responseType?: T;
  /**
   * 'basic' (default) sends the user and password of the URL; a token of vurun/oauth is sent as
   * `Authorization: Bearer`, but never to a foreign host a redirect leads to.
   */
  auth?: 'basic' | OAuth | UserOAuth;
  /**
   * What to do when the answer is a refusal or there is none: without it nothing, as in k6. Every attempt
   * is measured as a request of its own; `timeout` is for each of them.
   */
  retry?: Backoff;
  /** Bounds to wait for before each attempt; several must all let it go. */
  limit?: Limit | readonly Limit[];
  /**
   * Sent as `Idempotency-Key`, the same with every attempt; true makes one up. It says that the target
   * does not do twice what it hears twice, so that POST and PATCH may be tried again.
   */
  idempotencyKey?: boolean | string;
  /** Codings of the request body, in this order: gzip, deflate, br. */
  compression?: string;
  /** Sent with this request only; with `replace` in place of the jar's cookie of that name. */
  cookies?: Record<string, string | { value: string; replace?: boolean }>;
  /** The jar to use in place of the VU's own. */
  jar?: CookieJar;
  /** Which statuses are as expected, from `expectedStatuses`; null records no `http_req_failed`. */
  responseCallback?: ExpectedStatuses | null;
  /** Whether a request without an answer throws; the option `throw` is the default. */
  throw?: boolean;
  /** Gives the request up when it aborts; the promise is rejected with its reason. */
  signal?: Signal;
}

/** A URL with a name that groups requests; made by `http.url`. */
export class HttpUrl {
  readonly name: string;
  readonly url: string;
  constructor(name: string, url: string) {
    this.name = name;
    this.url = url;
  }
  toString(): string {
    return this.url;
  }
}

/** Statuses that are no failure; made by `expectedStatuses`. */
export class ExpectedStatuses {
  readonly ranges: readonly (readonly [number, number])[];
  constructor(ranges: readonly (readonly [number, number])[]) {
    this.ranges = ranges;
  }
}

/**
 * Takes a URL apart from what varies in it: http.url`http://host/users/${id}` is requested with the id
 * and counted under the name `http://host/users/${}`.
 */
export function url(strings: TemplateStringsArray, ...values: unknown[]): HttpUrl {
  let text = strings[0] as string;
  values.forEach((value, index) => {
    text += String(value) + (strings[index + 1] as string);
  });
  return new HttpUrl(strings.join('${}'), text);
}

/** Statuses, or ranges of them, that count as expected: `expectedStatuses(200, {min: 300, max: 302})`. */
export function expectedStatuses(
  ...statuses: (number | { min: number; max: number })[]
): ExpectedStatuses {
  if (statuses.length === 0) throw new TypeError('no arguments');
  return new ExpectedStatuses(
    statuses.map((status, index) => {
      if (Number.isInteger(status)) return [status as number, status as number];
      const { min, max } = (status ?? {}) as { min?: unknown; max?: unknown };
      if (min === undefined || max === undefined) {
        throw new TypeError(
          `argument number ${index + 1} to expectedStatuses was neither an integer nor an object like {min:100, max:329}`,
        );
      }
      if (!Number.isInteger(min) || !Number.isInteger(max)) {
        throw new TypeError(
          `both min and max need to be integers for argument number ${index + 1}`,
        );
      }
      return [min as number, max as number];
    }),
  );
}

let callback: ExpectedStatuses | null | undefined;
let callbackTold = true;

/** Sets what this VU expects of requests that do not say; null records no `http_req_failed`. */
export function setResponseCallback(expected: ExpectedStatuses | null): void {
  callback = checkCallback(expected);
  // Init runs once for many VUs: each tells its own host, just before it matters.
  callbackTold = false;
}

function checkCallback(expected: unknown): ExpectedStatuses | null {
  if (expected === null || expected instanceof ExpectedStatuses) return expected;
  throw new TypeError('unsupported responseCallback; use http.expectedStatuses(...) or null');
}

const ownJar: CookieJar = /* @__PURE__ */ CookieJar.own();
/** The VU's own cookies, which each iteration finds empty unless the option noCookiesReset is set. */
export function cookieJar(): CookieJar {
  notInInit('Using http.cookieJar()');
  return ownJar;
}

export function notInInit(what: string): void {
  if (life.phase === 'init') throw new Error(`${what} in the init context is not supported`);
}

/**
 * What answers a request that is to throw. It is a thenable, so that a promise settled with it is rejected.
 */
export class Thrown {
  readonly reason: unknown;
  constructor(reason: unknown) {
    this.reason = reason;
  }
  // oxlint-disable-next-line unicorn/no-thenable
  then(_resolve: unknown, reject: (reason: unknown) => void): void {
    reject(this.reason);
  }
}

export type Settle = (response: Response<ResponseType> | Thrown) => void;
/** How to answer the requests under way, by id. */
const waiters: Map<number, Settle> = /* @__PURE__ */ new Map();
/** What becomes of an answer that is not to be a plain `Response`, by the id of its request. */
const kinds: Map<number, typeof Response> = /* @__PURE__ */ new Map();
/** What stands before responses, if anything does. */
let front: ProxyHandler<Response<ResponseType>> | undefined;
/** From now on scripts get responses behind this. */
export function answerBehind(handler: ProxyHandler<Response<ResponseType>>): void {
  front = handler;
}
/** How to stop listening to the signals of those that have one. */
const signals: Map<number, () => void> = /* @__PURE__ */ new Map();

// One function that serves every promise: a fresh one for each would cost more than the rest of it.
let settle: Settle;
let refuse: (reason: unknown) => void;
function keepHandles(resolve: Settle, reject: (reason: unknown) => void): void {
  settle = resolve;
  refuse = reject;
}

/** Begins to listen at the first request, so that a script without one does not carry the answers' code. */
let listens = false;
function listen(): void {
  listens = true;
  onDelivery(Delivery.httpEnd, ended);
  onFreshStart(() => {
    waiters.clear();
    kinds.clear();
    if (signals.size === 0) return;
    for (const stop of signals.values()) stop();
    signals.clear();
  });
}

function ended(id: number, payload: string | ArrayBuffer | undefined): void {
  const answer = waiters.get(id);
  if (answer === undefined) return;
  const Kind = kinds.size === 0 ? Response : (kinds.get(id) ?? Response);
  leave(id);
  const bits = mail[Mail.payload + HttpMail.bits] as number;
  if ((bits & HttpBits.throws) === 0) {
    const response = new Kind(id, bits, payload as string | undefined);
    answer(front === undefined ? response : new Proxy(response, front));
    return;
  }
  const thrown = new Error(payload as string);
  // The name k6's errors have.
  thrown.name = 'GoError';
  answer(new Thrown(thrown));
}

function leave(id: number): void {
  waiters.delete(id);
  unhold();
  if (kinds.size > 0) kinds.delete(id);
  if (signals.size === 0) return;
  signals.get(id)?.();
  signals.delete(id);
}

export type Url = string | HttpUrl | { toString(): string };

/** Makes a request and gives the promise of its answer. */
export function start(
  method: string,
  to: unknown,
  body: unknown,
  params: Params | null | undefined,
  batch: boolean,
  kind?: typeof Response,
): Promise<Response<ResponseType>> {
  const answer = new Promise<Response<ResponseType>>(keepHandles as never);
  const resolve = settle;
  const reject = refuse;
  try {
    const id = startRequest(method, to, body, params, batch, resolve, kind);
    const signal = params?.signal ?? undefined;
    if (signal !== undefined) watch(id, signal, reject);
  } catch (error) {
    if (life.phase === 'init') throw error;
    reject(error);
  }
  return answer;
}

/**
 * Starts a request and returns its id; `answer` is called once, when it has ended, with a `Response` or
 * one of its `kind`. Throws when nothing could be started.
 */
export function startRequest(
  method: string,
  to: unknown,
  body: unknown,
  params: Params | null | undefined,
  batch: boolean,
  answer: Settle,
  kind?: typeof Response,
): number {
  if (life.phase === 'init') notInInit('Making http requests');
  if (!listens) listen();
  const text = typeof to === 'string' ? to : String(to);
  let data: string | ArrayBuffer | undefined;
  let json: string | undefined;
  // A plain GET has nothing to look at.
  if (body !== undefined || params !== undefined || batch || typeof to !== 'string') {
    const encoded = encodeBody(body);
    data = encoded.data;
    json = paramsJson(to, params, encoded.contentType, encoded.fault, batch);
  }
  if (!callbackTold) {
    op(Op.httpExpect, callback === null ? undefined : JSON.stringify(callback?.ranges));
    callbackTold = true;
  }
  if (params?.signal?.aborted === true) throw reasonOf(params.signal);
  const id = nextId();
  // The commonest method need not cross.
  const verb = method === 'GET' ? undefined : method;
  let told = op(Op.httpRequest, id, text, text.length, data, json, verb);
  if (told === false) {
    const whole = wellFormed(text.replaceAll('\0', '%00'));
    told = op(Op.httpRequest, id, whole, whole.length, data, json, verb);
  }
  refused = told === true;
  waiters.set(id, answer);
  if (kind !== undefined) kinds.set(id, kind);
  hold();
  return id;
}

let refused = false;
/** Whether the request that was started last cannot be made; its answer says why. */
export function wasRefused(): boolean {
  return refused;
}

/** Lets a request go that has not gone out yet: it leaves no trace, and nobody hears of it. */
export function takeBack(id: number): void {
  leave(id);
  op(Op.httpAbort, id);
}

/** Gives a request up when its signal aborts. */
function watch(id: number, signal: Signal, reject: (reason: unknown) => void): void {
  const onAbort = (): void => {
    if (!waiters.has(id)) return;
    leave(id);
    op(Op.httpAbort, id);
    reject(reasonOf(signal));
  };
  signals.set(id, () => signal.removeEventListener?.('abort', onAbort));
  signal.addEventListener('abort', onAbort);
}

function reasonOf(signal: Signal): unknown {
  return signal.reason ?? domException('This operation was aborted', 'AbortError');
}

/** What the host is to know beside method, URL and body, or undefined when there is nothing. */
function paramsJson(
  to: unknown,
  params: Params | null | undefined,
  contentType: string | undefined,
  fault: string | undefined,
  batch: boolean,
): string | undefined {
  const named = to instanceof HttpUrl ? to.name : undefined;
  if ((params === undefined || params === null) && !batch) {
    if (named === undefined && contentType === undefined && fault === undefined) return undefined;
  }
  const given: Params = params ?? {};
  if (typeof given !== 'object') throw new TypeError('params must be an object');
  const headers = Object.entries(given.headers ?? {}).map(([name, value]) => [name, String(value)]);
  if (
    contentType !== undefined &&
    !headers.some(([name]) => (name as string).toLowerCase() === 'content-type')
  ) {
    headers.push(['Content-Type', contentType]);
  }
  if (given.jar !== undefined && given.jar !== null && !(given.jar instanceof CookieJar)) {
    throw new TypeError('params.jar must be a CookieJar');
  }
  const expected = given.responseCallback;
  return JSON.stringify({
    headers: headers.length === 0 ? undefined : headers,
    tags:
      given.tags === undefined || given.tags === null
        ? undefined
        : Object.entries(given.tags).map(([key, value]) => [
            key,
            tagText(key, value, 'http params'),
          ]),
    name: given.name ?? named,
    timeout: given.timeout,
    redirects: given.redirects,
    responseType: given.responseType,
    auth: given.auth,
    compression: given.compression,
    cookies: given.cookies
      ? Object.entries(given.cookies).map(([name, cookie]) =>
          typeof cookie === 'object' && cookie !== null
            ? [name, String(cookie.value), cookie.replace === true]
            : [name, String(cookie), false],
        )
      : undefined,
    jar: given.jar ? CookieJar.idOf(given.jar) : undefined,
    expected: expected === undefined ? undefined : (checkCallback(expected)?.ranges ?? null),
    throw: given.throw,
    retry: given.retry,
    limit: given.limit,
    idempotencyKey: given.idempotencyKey,
    batch: batch || undefined,
    fault,
  });
}

/** One request of a batch: method, URL, body, params. */
type ParsedItem = [string, unknown, unknown, Params | undefined];

/** The requests of a batch, to be read by place, and what makes of their answers what the batch gives. */
export function parseBatch(requests: unknown): {
  length: number;
  /** Throws when it is no request. */
  item(index: number): ParsedItem;
  collect(answers: unknown[]): unknown;
} {
  notInInit('Using batch');
  if (requests === undefined || requests === null) {
    throw new TypeError('no argument was provided to http.batch()');
  }
  if (typeof requests !== 'object') {
    throw new TypeError('http.batch() accepts only an array or an object of requests');
  }
  const keys = Object.keys(requests);
  return {
    length: keys.length,
    item: (index) => {
      const key = keys[index] as string;
      return parseItem(key, (requests as Record<string, unknown>)[key]);
    },
    collect: (answers) =>
      Array.isArray(requests)
        ? answers
        : Object.fromEntries(keys.map((key, index) => [key, answers[index]])),
  };
}

function parseItem(key: string, item: unknown): ParsedItem {
  if (typeof item === 'string' || item instanceof HttpUrl)
    return ['GET', item, undefined, undefined];
  if (Array.isArray(item)) {
    const [method, to, body, params] = item as unknown[];
    if (typeof method !== 'string') {
      throw new TypeError(`invalid method type '${String(method)}'`);
    }
    if (to === undefined) throw new TypeError(`invalid batch request '${key}': it has no url`);
    return [method, to, body, params as Params | undefined];
  }
  if (item === null || typeof item !== 'object') {
    throw new TypeError(`invalid batch request '${String(item)}'`);
  }
  const { method = 'GET', url: to, body, params } = item as Record<string, unknown>;
  if (typeof method !== 'string') throw new TypeError(`invalid method type '${String(method)}'`);
  if (to === undefined) throw new TypeError(`batch request ${key} doesn't have a url key`);
  const upper = method.toUpperCase();
  return [
    upper,
    to,
    upper === 'GET' || upper === 'HEAD' ? undefined : body,
    params as Params | undefined,
  ];
}
