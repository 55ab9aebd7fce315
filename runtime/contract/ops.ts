/**
 * The doorway between guest and host, on one page.
 *
 * The guest calls `op(code, ...args)`: numbers, strings, booleans, bytes and undefined cross, nothing
 * else. A call that takes time is given an integer id by the guest; the host answers that id exactly
 * once with a delivery. Deliveries carry a kind, an id, up to 24 numbers (through the
 * mail, a Float64Array both sides see) and at most one string or byte block.
 *
 * Traps both sides must keep in mind: a string that crosses is cut at its first NUL and lone surrogates
 * become U+FFFD, so such text goes as escaped JSON or as bytes; a host error never reaches the guest
 * unless it is a `GuestError` made for it.
 */

/** Every op the guest may call. Codes are stable within a build; groups leave room to grow. */
export const Op = {
  // the VU itself ------------------------------------------------------------------------------
  /** (level: LogLevel, text) writes one line of the script's console. */
  log: 1,
  /** (text) warns of how the script uses a module: a line that is not the script's own. */
  warn: 16,
  /** (kind: FailureKind, name, message, stack) the function that was running threw. */
  failed: 2,
  /** (json) the exported function returned; used by init (exports and options), setup, handleSummary. */
  returned: 3,
  /** (id, milliseconds) starts a timer that delivers `Delivery.timer` with this id. */
  timerStart: 4,
  /** (id) forgets a timer. */
  timerStop: 5,
  /** () milliseconds since the VU was made, with a fraction. */
  now: 6,
  /** (byteLength) that many random bytes. */
  randomBytes: 7,
  /** (path, binary: boolean) the file's text or bytes; init only. */
  open: 8,
  /** (fact: Fact) a number about the run. */
  factNumber: 9,
  /** (fact: Fact) a string about the run; structured facts as JSON. */
  factText: 10,
  /** (reason, stack) ends the test run, exit code 108. */
  testAbort: 11,
  /** (reason) marks the test run as failed, exit code 110. */
  testFail: 12,
  /** (href, base | undefined) a parsed URL as JSON `UrlParts`; throws TypeError when it is none. */
  urlParse: 13,
  /** (href, property, value) the URL after the setter, as JSON `UrlParts`. */
  urlSet: 14,
  /**
   * (what, stack) a blocking call was reached through code that cannot be paused. It ends the test run,
   * and the guest at its next step.
   */
  cannotWait: 15,
  /** (milliseconds) holds everything up, in init, where there is nothing to go on with. */
  initSleep: 17,
  // metrics --------------------------------------------------------------------------------------
  /** (name, type: MetricType, isTime: boolean) the metric's id; init only. */
  metricNew: 20,
  /** (metricId, value, tagsJson | undefined) one sample. */
  metricAdd: 21,
  /** (name) the id of a check name. */
  checkName: 22,
  /** (checkId, passed: boolean, tagsJson | undefined) one check. */
  checkAdd: 23,
  /** (name) enters a group; returns a token for `groupLeave`. */
  groupEnter: 24,
  /** (token) leaves the group and records its duration. */
  groupLeave: 25,
  /** (key, value | undefined, metadata: boolean) sets or deletes a tag of this VU. */
  tagSet: 26,
  /** (metadata: boolean) the VU's tags as JSON. */
  tagList: 27,
  /** (name) a session of that name begins; returns its id. */
  sessionEnter: 28,
  /** (id) it is over. */
  sessionLeave: 29,
  // data -----------------------------------------------------------------------------------------
  /** (name) the length of a shared array that exists, or -1; init only. */
  sharedFind: 30,
  /** (name, json) keeps an array of JSON texts (itself JSON: string[]) and returns its length; init only. */
  sharedNew: 31,
  /** (name, index) the JSON text of one element. */
  sharedGet: 32,
  /** (path) a file whose bytes stay with the host, as JSON `HeldFile`; init only. */
  fileHold: 33,
  /** (path of a held file, position, length) its bytes from there on, as many as there are. */
  fileRead: 34,
  /**
   * (path of a held file, optionsJson: `CsvOptions`) keeps its records as a shared array and returns, as
   * JSON, `CsvRecords`; init only.
   */
  csvRead: 35,
  // http: src/protocols/http/session.ts <-> runtime/modules/http.ts --------------------------------
  /**
   * (id, url, its length, body: string | bytes | undefined, paramsJson | undefined, method = GET) starts
   * a request. The length tells the host whether the URL crossed whole; false: it did not, ask again;
   * true: it cannot be made, and its answer, on the way, says why.
   */
  httpRequest: 40,
  /** (id) the response body, as text. */
  httpBodyText: 41,
  /** (id) the response body, as bytes. */
  httpBodyBytes: 42,
  /** (id) the rest of the response as JSON `HttpResponseDetails`. */
  httpDetails: 43,
  /** (id) the host may forget this response. */
  httpRelease: 44,
  /** (id) gives up a request that is under way (AbortSignal). */
  httpAbort: 45,
  /** (rangesJson | undefined) the VU's expected statuses; undefined turns the callback off. */
  httpExpect: 46,
  /** (id) how long the phases took: bytes of the Float64Array of `HttpTimings`. */
  httpTimings: 51,
  /** (jarId) makes an empty cookie jar under this id; jar 0 is the VU's own. */
  cookieJarNew: 47,
  /** (jarId, url) cookies for a URL, JSON `{name: [values]}`. */
  cookieGet: 48,
  /** (jarId, url, name, value, attributesJson) stores a cookie. */
  cookieSet: 49,
  /** (jarId, url, name | undefined) forgets one cookie or all of that URL. */
  cookieDelete: 50,
  /** (jarId, url, header) stores what a Set-Cookie header of that URL says. */
  cookieTake: 52,
  // websocket: src/protocols/websocket/websocket.ts <-> runtime/modules/websocket.ts -----------------
  /**
   * (id, url, protocolsJson, paramsJson | undefined, dialect: WsDialect) opens a connection; returns the
   * normalised URL.
   */
  wsOpen: 60,
  /**
   * (id, text, its length) sends a text message; returns bufferedAmount in bytes, or -1 when the text
   * did not cross whole and is to be sent as bytes.
   */
  wsSendText: 61,
  /**
   * (id, bytes, isText: boolean) sends a message; returns bufferedAmount in bytes. With `isText` the
   * bytes are the UTF-8 of a text that does not cross as a string.
   */
  wsSendBytes: 62,
  /** (id, code | undefined, reason) starts the closing handshake. */
  wsClose: 63,
  /** (id, payload | undefined) sends a ping. */
  wsPing: 64,
  /** (id) JSON `WsHandshakeDetails` of the upgrade, accepted or refused. */
  wsDetails: 65,
  /** (id) bytes handed to send() and not yet to the network. */
  wsBuffered: 66,
  /** (id, stop: boolean) the script has too much of this connection unread, or has room again. */
  wsFlow: 67,
  /** (id) `Delivery.wsDrained` tells when nothing waits to be sent any more. */
  wsDrain: 68,
  /** (id) JSON `WsEnd` of a kept session that has ended, or undefined. */
  wsEnd: 69,
  // crypto: src/crypto/ <-> runtime/modules/crypto.ts, runtime/globals/subtle.ts --------------------
  /** (algorithm, encoding, data: text | bytes) the hash, as text or bytes; all in one call. */
  hash: 70,
  /** (algorithm, encoding, secret: text | bytes, data: text | bytes) the HMAC, as text or bytes. */
  hmac: 71,
  /** (pem) an X.509 certificate as JSON `CertificateParts`. */
  certificateParse: 72,
  /**
   * (id, method, argumentsJson, ...bytes) calls a method of `crypto.subtle`; `Delivery.subtle` answers.
   * In the JSON `{"$bytes": n}` stands for the n-th of the bytes and `{"$key": text}` for a key.
   */
  subtle: 73,
  // secrets ----------------------------------------------------------------------------------------
  /** (key | undefined, source | undefined) a secret; without a key only looks whether the source exists. */
  secret: 80,
  // html: src/html/documents.ts <-> runtime/modules/html.ts ------------------------------------------
  /** () loads the parser; asked in init, so that no iteration has to wait for it. */
  htmlReady: 90,
  /** (id, text) parses a document under this id; its node 0 is the document itself. */
  htmlParse: 91,
  /** (id) the host may forget this document. */
  htmlRelease: 92,
  /**
   * (id, nodes, way: HtmlWay, selector | undefined) the nodes one comes to from these, each once. Nodes
   * cross as the bytes of an Int32Array.
   */
  htmlWalk: 93,
  /** (id, nodes, fact: HtmlFact, name | undefined) text or JSON about them; undefined: there is none. */
  htmlRead: 94,
  // good citizen: src/citizen/ <-> runtime/modules/backoff.ts, limits.ts, oauth.ts -------------------
  /** (kind, optionsJson) checks a backoff policy; returns it as the text requests carry. */
  backoffNew: 100,
  /** (ordinal in this VU, kind, optionsJson) declares a limiter; init only. */
  limiterNew: 101,
  /** (kind, optionsJson) declares a token client and returns its index; init only. */
  tokenClientNew: 102,
} as const;
/** Calls the sandbox answers itself, whatever the VU; they take what no op does. */
export const SandboxOp = {
  /** (receiver: function) the function of the guest that takes deliveries. */
  attach: 0,
  /** (function) its source text, or undefined when the engine has it, or there is none. */
  functionText: -1,
} as const;
export type OpCode = (typeof Op)[keyof typeof Op];

/** Every kind of delivery. The comment names what the numbers and the payload are. */
export const Delivery = {
  /** Calls a lifecycle function once and hands back what it returns. payload: JSON `RunRequest`. */
  run: 1,
  /** A timer fired. */
  timer: 2,
  /**
   * Runs the next iteration of the function that was activated. id: the iteration, `__ITER`. The
   * promise of an asynchronous one is returned to the host, which looks when it is settled.
   */
  iterate: 3,
  /** The VU begins a scenario: names the function of its iterations. payload: JSON `RunRequest`. */
  activate: 4,
  /** The promise `iterate` returned was rejected. payload: with what, as it is. */
  rejected: 5,
  /** A request ended. numbers: `HttpMail`; payload: the error text, or undefined when there was none. */
  httpEnd: 10,
  /** A WebSocket opened. payload: JSON `WsOpened`. */
  wsOpen: 20,
  /** A text message; as bytes when the text holds NUL. numbers: [milliseconds since 1970]. */
  wsText: 21,
  /** A binary message. numbers: [milliseconds since 1970]. */
  wsBytes: 22,
  /** The answer to `wsPing`, or a ping of the peer: numbers [isPong, round trip in ms or -1]. */
  wsPong: 23,
  /** Something went wrong; a close follows. payload: JSON `WsFault`. */
  wsError: 24,
  /**
   * The connection ended, exactly once. numbers: [code, wasClean 0|1]; payload: the reason, for a session
   * JSON `WsEnd`.
   */
  wsClose: 25,
  /** All that was sent is with the network. */
  wsDrained: 26,
  /**
   * `crypto.subtle` has an answer. numbers: [`SubtleOutcome`]; payload: the bytes, the value as JSON with
   * keys as `{"$key": text}`, or JSON `SubtleError`.
   */
  subtle: 30,
} as const;
export type DeliveryKind = (typeof Delivery)[keyof typeof Delivery];

/** Where things stand in the mail, a Float64Array that guest and host both see. */
export const Mail = {
  /** Guest: operations the event loop still waits for (timers, requests, open sockets). */
  pending: 0,
  /** Guest: 1 while a lifecycle function has neither returned nor thrown. */
  running: 1,
  /** Guest: whether calls of the script's can block, as k6's do, and whether one does: `Blocking`. */
  blocking: 2,
  /** Guest: the ids a blocked call waits for, from the first to the last. */
  awaitFrom: 3,
  awaitTo: 4,
  /** Guest: sessions that may still tell something to a function that waits; they keep nothing alive. */
  listening: 5,
  /** Host: first number of a delivery. */
  payload: 8,
} as const;
export const mailLength = 32;

/** What `Mail.blocking` says. */
export const Blocking = {
  /** No call of this script's can block. */
  never: 0,
  /** Some can, and none does. */
  able: 1,
  /** One does: only deliveries with the ids it waits for are handed over, and no promise job runs. */
  blocked: 2,
} as const;

/** Positions of an HTTP response's numbers from `Mail.payload` on. */
export const HttpMail = {
  /** `HttpBits`, added up. */
  bits: 0,
  errorCode: 1,
} as const;

/** What every response tells, in one number: in the guest each field of an object costs a definition. */
export const HttpBits = {
  /** The bits of the status; 0 when there was no valid answer. */
  status: 0x3ff,
  /** A body was kept and can be read. */
  hasBody: 0x400,
  /** It is wanted as bytes. */
  isBinary: 0x800,
  /** The payload is to be thrown, and there is no response. */
  throws: 0x1000,
} as const;

/** Positions in what `httpTimings` answers; milliseconds. */
export const HttpTimings = {
  duration: 0,
  blocked: 1,
  connecting: 2,
  tlsHandshaking: 3,
  sending: 4,
  waiting: 5,
  receiving: 6,
} as const;

/** What went with a response besides its numbers; read on demand. */
export interface HttpResponseDetails {
  url: string;
  statusText: string;
  proto: string;
  /** Canonical names ("Content-Type"); several values joined with ", ". */
  headers: Record<string, string>;
  cookies: Record<string, HttpCookie[]>;
  remoteIp: string;
  remotePort: number;
  tlsVersion: string;
  tlsCipherSuite: string;
  request: {
    method: string;
    url: string;
    headers: Record<string, string[]>;
    body: string;
    cookies: Record<string, SentCookie[]>;
  };
}
/** A cookie that went with a request. */
export interface SentCookie {
  name: string;
  value: string;
  /** Always false: what was to be replaced was not sent. */
  replace: boolean;
}
export interface HttpCookie {
  name: string;
  value: string;
  domain: string;
  path: string;
  http_only: boolean;
  secure: boolean;
  max_age: number;
  /** Milliseconds since 1970, or 0 when the cookie names no date. */
  expires: number;
}

/** Which module's ways of measuring, and of naming faults, a WebSocket has. */
export const WsDialect = {
  /** `vurun/websocket` */
  own: 0,
  /**
   * `k6/ws`: no tag `name`; a session lasts until the script closes it, and failed attempts are
   * sessions too.
   */
  callbacks: 1,
  /** `k6/websockets`: pings and our close frame count as messages sent. */
  events: 2,
  /** `vurun/ws`: measured as `vurun/websocket`; left open at the end of its iteration it is a leak. */
  session: 3,
} as const;

export interface HeldFile {
  /** Absolute; names the file from now on. */
  path: string;
  /** Without directories. */
  name: string;
  /** Bytes. */
  size: number;
}
export interface CsvOptions {
  /** One character. */
  delimiter: string;
  /** Numbers of the first and the last record that are wanted, from 0. */
  fromLine: number;
  toLine: number | null;
  /** Each record becomes an object whose keys are the first record. */
  asObjects: boolean;
}
export interface CsvRecords {
  /** Of the shared array, whose elements are lists of fields or objects. */
  name: string;
  length: number;
}

export interface WsOpened {
  protocol: string;
  extensions: string;
  /** The answer's Set-Cookie headers, if it had any. */
  setCookies?: string[] | undefined;
}
/** The answer to an upgrade, be it 101 or a refusal. */
export interface WsHandshakeDetails {
  status: number;
  headers: Record<string, string>;
  /** At most the first kilobytes of a refusal's body. */
  body: string;
}
/** How a session ended, or why it did not open. Times are milliseconds. */
export interface WsEnd {
  /** One word for it, as in the records of attempts: 'closed-by-us', 'lost-fin', 'status', 'timeout', … */
  cause: string;
  /** What happened, in a sentence. */
  message: string;
  /** How far it had come: dns, connect, tls, upgrade, open or closing. */
  phase: string;
  /** Who brought it about. */
  initiator: 'local' | 'peer' | 'unknown';
  /** The close code; 1006 when there was no close frame, 0 when the session was never open. */
  code: number;
  /** What came with the code. */
  reason: string;
  /** HTTP status of the answer to the upgrade: 101 when it was open, 0 when there was none. */
  status: number;
  /** How the peer's side of the TCP connection ended, where there was no close frame and we saw it. */
  wire?: 'fin' | 'rst';
  /** The system's word for it, such as ECONNRESET. */
  errno?: string;
  /** Since it was opened; of one that never was, since the dial began. */
  ageMs: number;
  /** How long nothing had moved in either direction. */
  idleMs: number;
  /** Correlation ids of the answer, by header in lower case. */
  ids: Record<string, string>;
}
export interface WsFault {
  message: string;
  /** k6's error code where it has one, else 1000. */
  code: number;
  /** HTTP status of a refused upgrade, else 0. */
  status: number;
  setCookies?: string[] | undefined;
}

/** What `crypto.subtle` answers with. */
export const SubtleOutcome = { bytes: 0, value: 1, error: 2 } as const;

export interface SubtleError {
  name: string;
  message: string;
}
/** A key of `crypto.subtle`. The guest keeps it as JSON and shows it to the host when it is used. */
export interface SubtleKey {
  type: string;
  extractable: boolean;
  /** With `publicExponent` as a list of numbers. */
  algorithm: { name: string; [member: string]: unknown };
  usages: string[];
  /** A JSON Web Key; of secrets only `k` is used. */
  material: Record<string, string>;
}

/** Subject or issuer of a certificate; what it does not name is ''. */
export interface CertificateName {
  commonName: string;
  country: string;
  postalCode: string;
  stateOrProvinceName: string;
  localityName: string;
  streetAddress: string;
  organizationName: string;
  organizationalUnitName: string[];
  /** All attributes in their order, by object identifier ('2.5.4.3'). */
  names: { type: string; value: string }[];
}
export interface CertificateParts {
  subject: CertificateName;
  issuer: CertificateName;
  /** ISO 8601, in UTC, as is `notAfter`. */
  notBefore: string;
  notAfter: string;
  /** DNS names, e-mail addresses, IP addresses and URIs. */
  altNames: string[];
  /** 'SHA256-RSA', 'ECDSA-SHA384', ...; an object identifier when it has no such name. */
  signatureAlgorithm: string;
  /** The bytes of the SHA-1 of the whole certificate. */
  fingerPrint: number[];
  /** Numbers larger than 2^53 are bytes, the highest first. */
  publicKey:
    | { algorithm: 'RSA'; key: { e: number; n: number[] } }
    | { algorithm: 'ECDSA'; key: { curve: string; x: number[]; y: number[] } };
}

/** What the VU room asks a guest to run. */
export interface RunRequest {
  /** Name of the exported function: default, setup, teardown, handleSummary, or an exec name. */
  name: string;
  /**
   * JSON text handed to the function as its argument. Parsed once in a VU: an activation without it
   * keeps the object of the first, as k6 does with the data of setup().
   */
  dataJson?: string;
  /** The whole `__ENV` (base and scenario). */
  env?: Record<string, string>;
}

/** What handleSummary returned: text, or bytes as numbers. */
export type HandledSummary = Record<string, string | number[]>;

/** Facts a script may ask for (k6/execution). Numbers unless `factText` is said. */
export const Fact = {
  vuIdInInstance: 1,
  vuIdInTest: 2,
  vuIterationInScenario: 3,
  scenarioIterationInInstance: 4,
  scenarioIterationInTest: 5,
  /** Milliseconds since 1970. */
  scenarioStartTime: 6,
  /** 0 to 1. */
  scenarioProgress: 7,
  /** Milliseconds. */
  instanceRunDuration: 8,
  instanceIterationsCompleted: 9,
  instanceIterationsInterrupted: 10,
  instanceVusActive: 11,
  instanceVusInitialized: 12,
  vuIteration: 13,
  /** 32 bits drawn from (seed of the run, VU id), for Math.random. */
  randomSeed: 14,
  /** factText */
  scenarioName: 20,
  /** factText */
  scenarioExecutor: 21,
  /** factText: the consolidated options as JSON */
  testOptions: 22,
  /** factText: the environment of the init context as JSON */
  env: 23,
} as const;

export const LogLevel = { debug: 0, info: 1, warn: 2, error: 3 } as const;
export type LogLevelCode = (typeof LogLevel)[keyof typeof LogLevel];

export const MetricType = { counter: 0, gauge: 1, rate: 2, trend: 3 } as const;
export type MetricTypeCode = (typeof MetricType)[keyof typeof MetricType];

/** Where a script failed. */
export const FailureKind = {
  /** While the bundle was evaluated. */
  init: 0,
  /** The exported function threw, or its promise was rejected. */
  run: 1,
  /** A timer or event handler threw. */
  stray: 2,
  /** What the function returned cannot be carried as JSON. */
  result: 3,
} as const;
export type FailureKindCode = (typeof FailureKind)[keyof typeof FailureKind];

/** A URL taken apart as WHATWG says. */
export interface UrlParts {
  href: string;
  origin: string;
  protocol: string;
  username: string;
  password: string;
  host: string;
  hostname: string;
  port: string;
  pathname: string;
  search: string;
  hash: string;
}

/** What init tells the host about a script. */
export interface ScriptExports {
  /** Names of exported functions. */
  functions: string[];
  /** `options` after a JSON round trip, or undefined when the script exports none. */
  optionsJson?: string;
}

/** Ways from nodes of an HTML document to others. Until: up to what the selector matches, without it. */
export const HtmlWay = {
  find: 1,
  children: 2,
  /** Children of every kind, text and comments too. */
  contents: 3,
  parent: 4,
  parents: 5,
  parentsUntil: 6,
  closest: 7,
  next: 8,
  nextAll: 9,
  nextUntil: 10,
  prev: 11,
  prevAll: 12,
  prevUntil: 13,
  siblings: 14,
  /** Those of them that match. */
  filter: 15,
  not: 16,
  /** Those of them with a descendant that matches. */
  has: 17,
  /** Neighbours and parent of every kind. */
  nextNode: 18,
  prevNode: 19,
  parentNode: 20,
} as const;

/** What can be asked about nodes of an HTML document; where not said otherwise, about the first. */
export const HtmlFact = {
  /** The text in all of them. */
  text: 1,
  innerHtml: 2,
  outerHtml: 3,
  /** The attribute with the name that is asked for. */
  attribute: 4,
  /** JSON `{name: value}`. */
  attributes: 5,
  /** JSON `HtmlNode`. */
  node: 6,
  /** JSON, the value of a form's control: text, or a list for a select with `multiple`. */
  value: 7,
  /** JSON `[name, value][]`, what a form with all of them in it would send. */
  fields: 8,
} as const;

/** What a node is. */
export interface HtmlNode {
  /** 1 element, 3 text, 8 comment, 9 document, 10 doctype. */
  type: number;
  /** In small letters; '#text' and such for what is no element. */
  name: string;
  /** Of text and comments. */
  value?: string;
  /** The URI of an element's namespace. */
  namespace?: string;
}
