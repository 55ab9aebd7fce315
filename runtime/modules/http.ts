/** `http`: requests of a virtual user. Every request function returns a promise of a `Response`. */
import { FileData, file, type RequestBody } from './http-body.ts';
import { CookieJar } from './http-cookies.ts';
import {
  cookieJar,
  ExpectedStatuses,
  expectedStatuses,
  HttpUrl,
  notInInit,
  type Params,
  parseBatch,
  setResponseCallback,
  start,
  type Url,
  url,
} from './http-request.ts';
import { Response, type ResponseType } from './http-response.ts';

export type { FormValue, RequestBody } from './http-body.ts';
export type { CookieOptions } from './http-cookies.ts';
export type { Params, Signal } from './http-request.ts';
export type {
  JsonValue,
  ResponseBody,
  ResponseType,
  SentRequest,
  Timings,
} from './http-response.ts';
export {
  CookieJar,
  cookieJar,
  ExpectedStatuses,
  expectedStatuses,
  FileData,
  file,
  HttpUrl,
  Response,
  setResponseCallback,
  url,
};

export const TLS_1_0 = 'tls1.0';
export const TLS_1_1 = 'tls1.1';
export const TLS_1_2 = 'tls1.2';
export const TLS_1_3 = 'tls1.3';

type Answer<T extends ResponseType> = Promise<Response<T>>;

/** Makes a request with any method, as it is written. */
export function request<T extends ResponseType = 'text'>(
  method: string,
  url: Url,
  body?: RequestBody,
  params?: Params<T> | null,
): Answer<T> {
  return start(String(method), url, body, params, false);
}
/** k6's name for `request`. */
export const asyncRequest: typeof request = request;

export function get<T extends ResponseType = 'text'>(
  url: Url,
  params?: Params<T> | null,
): Answer<T> {
  return start('GET', url, undefined, params, false);
}
export function head<T extends ResponseType = 'text'>(
  url: Url,
  params?: Params<T> | null,
): Answer<T> {
  return start('HEAD', url, undefined, params, false);
}
export function post<T extends ResponseType = 'text'>(
  url: Url,
  body?: RequestBody,
  params?: Params<T> | null,
): Answer<T> {
  return start('POST', url, body, params, false);
}
export function put<T extends ResponseType = 'text'>(
  url: Url,
  body?: RequestBody,
  params?: Params<T> | null,
): Answer<T> {
  return start('PUT', url, body, params, false);
}
export function patch<T extends ResponseType = 'text'>(
  url: Url,
  body?: RequestBody,
  params?: Params<T> | null,
): Answer<T> {
  return start('PATCH', url, body, params, false);
}
export function del<T extends ResponseType = 'text'>(
  url: Url,
  body?: RequestBody,
  params?: Params<T> | null,
): Answer<T> {
  return start('DELETE', url, body, params, false);
}
export function options<T extends ResponseType = 'text'>(
  url: Url,
  body?: RequestBody,
  params?: Params<T> | null,
): Answer<T> {
  return start('OPTIONS', url, body, params, false);
}

/** One request of a batch: a URL, `[method, url, body?, params?]`, or an object. */
export type BatchItem =
  | string
  | HttpUrl
  | readonly [string, Url, (RequestBody | null)?, (Params | null)?]
  | { method?: string; url: Url; body?: RequestBody; params?: Params | null };

/**
 * Makes several requests at once, at most `options.batch` at a time and `options.batchPerHost` to one
 * host. A list gives a list of responses, an object an object with the same keys. A request that fails
 * does not end the others, unless it throws.
 */
export function batch<const B extends readonly BatchItem[] | Record<string, BatchItem>>(
  requests: B,
): Promise<{ -readonly [K in keyof B]: Response<ResponseType> }> {
  notInInit('Using batch');
  type Result = Promise<{ -readonly [K in keyof B]: Response<ResponseType> }>;
  try {
    const { length, item, collect } = parseBatch(requests);
    const items = Array.from({ length }, (_, index) => item(index));
    return Promise.all(items.map((one) => start(...one, true))).then(collect) as Result;
  } catch (error) {
    return Promise.reject(error);
  }
}

interface Http {
  get: typeof get;
  head: typeof head;
  post: typeof post;
  put: typeof put;
  patch: typeof patch;
  del: typeof del;
  options: typeof options;
  request: typeof request;
  asyncRequest: typeof asyncRequest;
  batch: typeof batch;
  url: typeof url;
  file: typeof file;
  cookieJar: typeof cookieJar;
  CookieJar: typeof CookieJar;
  expectedStatuses: typeof expectedStatuses;
  setResponseCallback: typeof setResponseCallback;
  TLS_1_0: typeof TLS_1_0;
  TLS_1_1: typeof TLS_1_1;
  TLS_1_2: typeof TLS_1_2;
  TLS_1_3: typeof TLS_1_3;
}
/** Requests over HTTP. */
const http: Http = {
  get,
  head,
  post,
  put,
  patch,
  del,
  options,
  request,
  asyncRequest,
  batch,
  url,
  file,
  cookieJar,
  CookieJar,
  expectedStatuses,
  setResponseCallback,
  TLS_1_0,
  TLS_1_1,
  TLS_1_2,
  TLS_1_3,
};
export default http;
