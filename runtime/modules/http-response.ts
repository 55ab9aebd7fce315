/** `Response`: numbers at hand, everything else read from the host when it is asked for. */
import {
  HttpBits,
  type HttpCookie,
  HttpMail,
  type HttpResponseDetails,
  HttpTimings,
  Mail,
  Op,
  type SentCookie,
} from '../contract/ops.ts';
import { decodeUtf8 } from '../globals/text.ts';
import { mail, op } from '../host.ts';
import type { Selection } from './html-selection.ts';
import type { FormValue } from './http-body.ts';
import type { Params } from './http-request.ts';
import { select } from './json-path.ts';

export type ResponseType = 'text' | 'binary' | 'none';
export type ResponseBody<T extends ResponseType> = T extends 'binary'
  ? ArrayBuffer | null
  : T extends 'none'
    ? null
    : string | null;

/** Where the time went, in milliseconds. `duration` is sending + waiting + receiving. */
export interface Timings {
  duration: number;
  /** Waiting for a connection: DNS, connect and TLS included when one had to be opened. */
  blocked: number;
  /** Always 0, as in k6: name resolution is part of `blocked`. */
  looking_up: number;
  connecting: number;
  tls_handshaking: number;
  sending: number;
  /** From the last byte sent to the first byte received. */
  waiting: number;
  receiving: number;
}

/** The request a response belongs to, before any redirect. */
export interface SentRequest {
  method: string;
  url: string;
  /** Headers the script set, `{name: [values]}`. */
  headers: Record<string, string[]>;
  body: string;
  /** The cookies that were sent, of the jar and of the request's own. */
  cookies: Record<string, SentCookie[]>;
}

export type JsonValue =
  | string
  | number
  | boolean
  | null
  | JsonValue[]
  | { [key: string]: JsonValue };

/** Which form of a page to send, and with what. */
export interface SubmitForm<T extends ResponseType = ResponseType> {
  /** The form; 'form' when left out, and the first that matches. */
  formSelector?: string;
  /** The button whose name and value are sent with the form; '[type="submit"]' when left out. */
  submitSelector?: string;
  /** Values in place of those in the page, or beside them. */
  fields?: Record<string, FormValue | readonly FormValue[]>;
  params?: Params<T> | null;
}

/** Which link of a page to follow. */
export interface ClickLink<T extends ResponseType = ResponseType> {
  /** 'a[href]' when left out; the first that matches. */
  selector?: string;
  params?: Params<T> | null;
}

const releases: FinalizationRegistry<number> = /* @__PURE__ */ new FinalizationRegistry(
  (id: number) => {
    op(Op.httpRelease, id);
  },
);
/** What was read of a response, so that it is read once. Most scripts read little, so it is made late. */
interface Memo {
  error: string;
  errorCode: number;
  timings?: Timings;
  details?: HttpResponseDetails;
  bytes?: ArrayBuffer;
  text?: string;
  json?: JsonValue;
}

// No private fields: what stands before a response (see `http-fields.ts`) would not have them.
const idKey: unique symbol = /* @__PURE__ */ Symbol('id');
const bitsKey: unique symbol = /* @__PURE__ */ Symbol('bits');
const memoKey: unique symbol = /* @__PURE__ */ Symbol('memo');
interface Kept {
  [idKey]: number;
  [bitsKey]: number;
  [memoKey]?: Memo;
}

function readMemo(kept: Kept): Memo {
  let memo = kept[memoKey];
  if (memo === undefined) {
    const status = kept[bitsKey] & HttpBits.status;
    memo = { error: '', errorCode: status >= 400 ? 1_000 + status : 0 };
    kept[memoKey] = memo;
  }
  return memo;
}

function readDetails(kept: Kept): HttpResponseDetails {
  const memo = readMemo(kept);
  memo.details ??= JSON.parse(op(Op.httpDetails, kept[idKey]) as string) as HttpResponseDetails;
  return memo.details;
}

function readBytes(kept: Kept): ArrayBuffer {
  const memo = readMemo(kept);
  memo.bytes ??= (op(Op.httpBodyBytes, kept[idKey]) ?? new ArrayBuffer(0)) as ArrayBuffer;
  return memo.bytes;
}

function readText(kept: Kept): string {
  const memo = readMemo(kept);
  if (memo.text === undefined) {
    const read = op(Op.httpBodyText, kept[idKey]) ?? '';
    // Text with a NUL in it comes as bytes: the doorway would cut it there.
    memo.text =
      typeof read === 'string' ? read : decodeUtf8(new Uint8Array(read as ArrayBuffer)).text;
  }
  return memo.text;
}

/**
 * The answer to a request, or what is known of its failure (`status` 0, `error`, `error_code`). It is
 * made for every request and mostly read in part, so it holds two or three fields and asks for the rest.
 */
export class Response<T extends ResponseType = 'text'> {
  // A response has these three when the script names them; see `http-html.ts`.
  /** The body as HTML, or what of it matches. Throws when there is no body, or a binary one. */
  declare html: (selector?: string) => Selection;
  /**
   * Sends a form of the page: where it says, how it says, with the values it came with and those given.
   * Rejected when there is no such form.
   */
  declare submitForm: <R extends ResponseType = 'text'>(
    submit?: SubmitForm<R>,
  ) => Promise<Response<R>>;
  /** Follows a link of the page. Rejected when there is no such link. */
  declare clickLink: <R extends ResponseType = 'text'>(
    click?: ClickLink<R>,
  ) => Promise<Response<R>>;

  /** Made from the delivery that stands in the mail. */
  constructor(id: number, bits: number, error: string | undefined) {
    const kept = this as unknown as Kept;
    kept[idKey] = id;
    kept[bitsKey] = bits;
    if (error !== undefined) {
      kept[memoKey] = { error, errorCode: mail[Mail.payload + HttpMail.errorCode] as number };
    }
    releases.register(this, id);
  }

  /** HTTP status, 0 when there was no valid answer. */
  get status(): number {
    return (this as unknown as Kept)[bitsKey] & HttpBits.status;
  }
  /** Why there was no answer; empty when there was one, whatever its status. */
  get error(): string {
    return readMemo(this as never).error;
  }
  /** k6's number of the error; 1000 + status from 400 on; else 0. */
  get error_code(): number {
    return readMemo(this as never).errorCode;
  }
  get timings(): Timings {
    const memo = readMemo(this as never);
    if (memo.timings === undefined) {
      const times = new Float64Array(
        op(Op.httpTimings, (this as unknown as Kept)[idKey]) as ArrayBuffer,
      );
      memo.timings = {
        duration: times[HttpTimings.duration] as number,
        blocked: times[HttpTimings.blocked] as number,
        looking_up: 0,
        connecting: times[HttpTimings.connecting] as number,
        tls_handshaking: times[HttpTimings.tlsHandshaking] as number,
        sending: times[HttpTimings.sending] as number,
        waiting: times[HttpTimings.waiting] as number,
        receiving: times[HttpTimings.receiving] as number,
      };
    }
    return memo.timings;
  }
  get remote_ip(): string {
    return readDetails(this as never).remoteIp;
  }
  get remote_port(): number {
    return readDetails(this as never).remotePort;
  }
  /** Where the answer came from, after redirects. */
  get url(): string {
    return readDetails(this as never).url;
  }
  /** Such as "200 OK". */
  get status_text(): string {
    return readDetails(this as never).statusText;
  }
  get proto(): string {
    return readDetails(this as never).proto;
  }
  /** Names like "Content-Type"; several values are joined with ", ". */
  get headers(): Record<string, string> {
    return readDetails(this as never).headers;
  }
  /** What the last hop's Set-Cookie headers said. */
  get cookies(): Record<string, HttpCookie[]> {
    return readDetails(this as never).cookies;
  }
  /** Text, bytes or null, as `responseType` asked; null also when there was no body. */
  get body(): ResponseBody<T> {
    if (((this as unknown as Kept)[bitsKey] & HttpBits.hasBody) === 0)
      return null as ResponseBody<T>;
    return (
      ((this as unknown as Kept)[bitsKey] & HttpBits.isBinary) === 0
        ? readText(this as never)
        : readBytes(this as never)
    ) as ResponseBody<T>;
  }
  get tls_version(): string {
    return readDetails(this as never).tlsVersion;
  }
  get tls_cipher_suite(): string {
    return readDetails(this as never).tlsCipherSuite;
  }
  get request(): SentRequest {
    return readDetails(this as never).request;
  }

  /**
   * The body as JSON, or a part of it: a path as in `json-path.ts`, such as `user.roles.0`. What does not
   * exist is undefined. Without a path a body that is no JSON throws.
   */
  json<V = JsonValue>(selector?: string): V {
    if (((this as unknown as Kept)[bitsKey] & HttpBits.hasBody) === 0) {
      throw new Error(
        "the body is null so we can't transform it to JSON - this likely was because of a request error getting the response",
      );
    }
    const memo = readMemo(this as never);
    if (memo.json === undefined) {
      const text = readText(this as never);
      try {
        memo.json = JSON.parse(text) as JsonValue;
      } catch (error) {
        if (selector !== undefined) return undefined as V;
        const { line, character } = jsonErrorPlace(text);
        throw new Error(
          `cannot parse json due to an error at line ${line}, character ${character} , error: ${(error as Error).message}`,
        );
      }
    }
    if (selector === undefined || selector === null) return memo.json as V;
    return select(memo.json, String(selector)) as V;
  }

  /** k6's fields in k6's order. */
  toJSON(): Record<string, unknown> {
    const { remote_ip, remote_port, url, status, status_text, proto, headers, cookies, body } =
      this;
    const { timings, tls_version, tls_cipher_suite, error, error_code, request } = this;
    return {
      remote_ip,
      remote_port,
      url,
      status,
      status_text,
      proto,
      headers,
      cookies,
      body,
      timings,
      tls_version,
      tls_cipher_suite,
      error,
      error_code,
      request,
    };
  }
}

/** Where a text stops being JSON: the first thing that is no token of it, else its end. */
function jsonErrorPlace(text: string): { line: number; character: number } {
  const token =
    /\s*(?:[{}[\],:]|"(?:[^"\\\n\r]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|true\b|false\b|null\b)/y;
  let end = 0;
  while (token.test(text)) end = token.lastIndex;
  end += (/^\s*/.exec(text.slice(end)) as RegExpExecArray)[0].length;
  const lines = text.slice(0, end).split('\n');
  return { line: lines.length, character: (lines.at(-1) as string).length + 1 };
}
