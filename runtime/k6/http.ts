/** `k6/http`: requests that block. What a request is, is in `runtime/modules/http-request.ts`. */
import { Op } from '../contract/ops.ts';
import { life, op } from '../host.ts';
import type * as http from '../modules/http.ts';
import {
  CookieJar,
  cookieJar,
  expectedStatuses,
  file,
  setResponseCallback,
  TLS_1_0,
  TLS_1_1,
  TLS_1_2,
  TLS_1_3,
  url,
} from '../modules/http.ts';
import { FaultyBody } from '../modules/http-body.ts';
import {
  type Params,
  parseBatch,
  start,
  startRequest,
  Thrown,
  takeBack,
  type Url,
  wasRefused,
} from '../modules/http-request.ts';
import type { Response, ResponseType } from '../modules/http-response.ts';
import { asGo, goError } from './go-error.ts';
import { aboutToWait, blocking, resume, waitFor } from './wait.ts';

export {
  CookieJar,
  cookieJar,
  expectedStatuses,
  file,
  setResponseCallback,
  TLS_1_0,
  TLS_1_1,
  TLS_1_2,
  TLS_1_3,
  url,
};

export const OCSP_STATUS_GOOD = 'good';
export const OCSP_STATUS_REVOKED = 'revoked';
export const OCSP_STATUS_SERVER_FAILED = 'server_failed';
export const OCSP_STATUS_UNKNOWN = 'unknown';
export const OCSP_REASON_UNSPECIFIED = 'unspecified';
export const OCSP_REASON_KEY_COMPROMISE = 'key_compromise';
export const OCSP_REASON_CA_COMPROMISE = 'ca_compromise';
export const OCSP_REASON_AFFILIATION_CHANGED = 'affiliation_changed';
export const OCSP_REASON_SUPERSEDED = 'superseded';
export const OCSP_REASON_CESSATION_OF_OPERATION = 'cessation_of_operation';
export const OCSP_REASON_CERTIFICATE_HOLD = 'certificate_hold';
export const OCSP_REASON_REMOVE_FROM_CRL = 'remove_from_crl';
export const OCSP_REASON_PRIVILEGE_WITHDRAWN = 'privilege_withdrawn';
export const OCSP_REASON_AA_COMPROMISE = 'aa_compromise';

type Ask = (url: Url, params?: Params | null) => Response;
type Send = (url: Url, body?: unknown, params?: Params | null) => Response;

/** What answers are, where they are no plain ones. */
let kind: typeof Response | undefined;
/** Gives the answers of `k6/http` methods that block; those of `vurun/http` keep theirs. */
export function answerWith(other: typeof Response): void {
  kind = other;
}

/** Starts a request; what is returned is to be yielded. */
export function send(
  what: string,
  method: string,
  url: unknown,
  body: unknown,
  params: unknown,
): unknown {
  // In init there is another reason why it cannot be.
  if (life.phase === 'init') {
    throw goError('Making http requests in the init context is not supported');
  }
  aboutToWait(what);
  const id = startRequest(method, url, body, params as Params | undefined, false, resume, kind);
  return waitFor(id, id);
}

/** What a request that blocked gives. Errors are thrown here, where the script's call is on the stack. */
export function answered(answer: unknown): unknown {
  if (answer instanceof Thrown) throw goError((answer.reason as Error).message);
  return answer;
}

/** A function for a method that has no body. */
function asking(name: string, method: string): Ask {
  return blocking(function* (url: unknown, params: unknown, ...more: unknown[]) {
    if (more.length > 0) {
      op(
        Op.warn,
        `http.${name} only accepts a url and a params argument (2 arguments), but ${2 + more.length} were given`,
      );
    }
    return answered(yield send(`http.${name}()`, method, url, undefined, params));
  });
}

/** A function for a method that may have a body. */
function sending(name: string, method: string): Send {
  return blocking(function* (url: unknown, body: unknown, params: unknown) {
    return answered(yield send(`http.${name}()`, method, url, body, params));
  });
}

export const get: Ask = /* @__PURE__ */ asking('get', 'GET');
export const head: Ask = /* @__PURE__ */ asking('head', 'HEAD');
export const post: Send = /* @__PURE__ */ sending('post', 'POST');
export const put: Send = /* @__PURE__ */ sending('put', 'PUT');
export const patch: Send = /* @__PURE__ */ sending('patch', 'PATCH');
export const del: Send = /* @__PURE__ */ sending('del', 'DELETE');
export const options: Send = /* @__PURE__ */ sending('options', 'OPTIONS');
/** Any method, as it is written. */
export const request: (
  method: string,
  url: Url,
  body?: unknown,
  params?: Params | null,
) => Response = /* @__PURE__ */ blocking(function* request(
  method: unknown,
  url: unknown,
  body: unknown,
  params: unknown,
) {
  return answered(yield send('http.request()', String(method), url, body, params));
});

/** Makes a request with any method, and nothing waits: it returns a promise of the response. */
export function asyncRequest(
  method: string,
  url: Url,
  body?: unknown,
  params?: Params | null,
): Promise<Response<ResponseType>> {
  return start(String(method), url, body, params, false, kind);
}

const readBatch: typeof parseBatch = /* @__PURE__ */ asGo(parseBatch);

/** Several requests at once; returns when all have ended, with answers in the shape of `requests`. */
export const batch: (
  requests: readonly http.BatchItem[] | Record<string, http.BatchItem>,
) => Response<ResponseType>[] | Record<string, Response<ResponseType>> = /* @__PURE__ */ blocking(
  function* batch(requests: unknown) {
    const { length, item, collect } = readBatch(requests);
    aboutToWait('http.batch()');
    if (length === 0) return collect([]);
    const answers: unknown[] = new Array(length).fill(null);
    const ids: number[] = [];
    let left = length;
    for (let index = 0; index < length; index++) {
      const answer = (response: unknown): void => {
        answers[index] = response;
        if (--left === 0) resume(answers);
      };
      let id: number;
      try {
        id = startRequest(...item(index), true, answer, kind);
      } catch (thrown) {
        const fault = new FaultyBody((thrown as Error).message);
        id = startRequest('GET', '', fault, undefined, true, answer, kind);
      }
      if (wasRefused()) {
        // As in k6 the others are not made then, and only this one has an answer.
        for (const other of ids.splice(0)) takeBack(other);
        ids.push(id);
        left = 1;
        break;
      }
      ids.push(id);
    }
    yield waitFor(ids[0] as number, ids.at(-1) as number);
    return collect(answers.map(answered));
  },
);

const k6Http: Omit<
  typeof http.default,
  | 'get'
  | 'head'
  | 'post'
  | 'put'
  | 'patch'
  | 'del'
  | 'options'
  | 'request'
  | 'asyncRequest'
  | 'batch'
> & {
  get: Ask;
  head: Ask;
  post: Send;
  put: Send;
  patch: Send;
  del: Send;
  options: Send;
  request: typeof request;
  asyncRequest: typeof asyncRequest;
  batch: typeof batch;
} & Record<
    | 'OCSP_STATUS_GOOD'
    | 'OCSP_STATUS_REVOKED'
    | 'OCSP_STATUS_SERVER_FAILED'
    | 'OCSP_STATUS_UNKNOWN'
    | 'OCSP_REASON_UNSPECIFIED'
    | 'OCSP_REASON_KEY_COMPROMISE'
    | 'OCSP_REASON_CA_COMPROMISE'
    | 'OCSP_REASON_AFFILIATION_CHANGED'
    | 'OCSP_REASON_SUPERSEDED'
    | 'OCSP_REASON_CESSATION_OF_OPERATION'
    | 'OCSP_REASON_CERTIFICATE_HOLD'
    | 'OCSP_REASON_REMOVE_FROM_CRL'
    | 'OCSP_REASON_PRIVILEGE_WITHDRAWN'
    | 'OCSP_REASON_AA_COMPROMISE',
    string
  > = {
  OCSP_STATUS_GOOD,
  OCSP_STATUS_REVOKED,
  OCSP_STATUS_SERVER_FAILED,
  OCSP_STATUS_UNKNOWN,
  OCSP_REASON_UNSPECIFIED,
  OCSP_REASON_KEY_COMPROMISE,
  OCSP_REASON_CA_COMPROMISE,
  OCSP_REASON_AFFILIATION_CHANGED,
  OCSP_REASON_SUPERSEDED,
  OCSP_REASON_CESSATION_OF_OPERATION,
  OCSP_REASON_CERTIFICATE_HOLD,
  OCSP_REASON_REMOVE_FROM_CRL,
  OCSP_REASON_PRIVILEGE_WITHDRAWN,
  OCSP_REASON_AA_COMPROMISE,
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
};
export default k6Http;
