/**
 * The terminal record of an attempt, and what protocols ask of whoever keeps them. An attempt is one
 * exchange on the wire: an HTTP request (each hop of a redirect and each retry is one of its own) or a
 * WebSocket from its dial to its end. Times are milliseconds.
 */
import type { Cause, Initiator, Phase } from './cause.ts';

export type AttemptKind = 'http' | 'ws';
export const attemptKinds: readonly AttemptKind[] = ['http', 'ws'];

/** What is only known of a WebSocket. */
export interface WebSocketFacts {
  /** The close code; 1006 when there was no close frame. */
  closeCode: number;
  closeReason: string;
  /** A close frame came from the peer. */
  closeFrame: boolean;
  messagesIn: number;
  messagesOut: number;
  /** From the start to the first message of the peer. */
  firstMessage?: number;
  /** Messages of ours that were answered, and how long until the last message before our next, on average. */
  turns?: number;
  turn?: number;
  /** The largest message of ours. */
  largestOut?: number;
  /** How long nothing had moved in either direction when it ended, pings and pongs included. */
  idle?: number;
  /** How long the peer had been silent when it ended. */
  silent?: number;
  /** Messages that told of a rate limit inside the open connection, and what the first one asked for. */
  limited?: number;
  limitedAfter?: number;
}

export interface Attempt {
  kind: AttemptKind;
  /** Attempts at the same thing (retries, hops of a redirect) share it. */
  op: string;
  /** 1 for the first attempt of its op; a redirect's further hops keep the number. */
  attempt: number;
  vu: number;
  scenario: string;
  /** The script's session it is a part of: `name#vu-number`. */
  session?: string;
  /** The name tag: the URL's template when the script names its requests. */
  name: string;
  method: string;
  /** Milliseconds since 1970, with a fraction. */
  start: number;
  /** Length of the attempt. For a WebSocket this is the life of the connection. */
  total: number;

  /** Phases; absent when the attempt did not come so far. */
  dns?: number;
  connect?: number;
  tls?: number;
  /** From the start until the last byte of the request was handed to the system. */
  sent?: number;
  /** From the start until the first byte of the answer, or 101. */
  answered?: number;

  /** 0 when there was no answer; 101 for a WebSocket that was open. */
  status: number;
  cause: Cause;
  failed: boolean;
  phase: Phase;
  initiator: Initiator;
  /** What happened, in a sentence; empty when nothing is wrong. */
  message: string;
  /** The system's word for it, and the call that failed. */
  errno?: string;
  syscall?: string;
  /** How the peer's side of the TCP connection ended, as far as we saw it. */
  wire?: 'fin' | 'rst';
  /** `code` of a JSON body that came with an error status. */
  bodyCode?: string;
  /** Headers of the answer that diagnosis reads, names in lower case; see `keptHeaders`. */
  headers?: Record<string, string>;
  /** Correlation ids of the answer, by header; and the id of the trace it belongs to (`traceIdKey`). */
  ids?: Record<string, string>;
  /** It went over a connection that had been used before, idle for so long. */
  reusedAfter?: number;
  /** Attempts of its kind under way in the whole run when it began and ended, itself included. */
  openAtStart: number;
  openAtEnd: number;
  bytesOut: number;
  bytesIn: number;
  /** What its policy had it wait before it was made, and what the attempt before had been asked to wait. */
  waited?: number;
  asked?: number;
  ws?: WebSocketFacts;
}

/** The headers an attempt keeps besides its ids. */
export const keptHeaders: ReadonlySet<string> = new Set([
  'retry-after',
  'retry-after-ms',
  'date',
  'server',
  'via',
  'server-timing',
  'keep-alive',
  'connection',
  'inin-ratelimit-count',
  'inin-ratelimit-allowed',
  'inin-ratelimit-reset',
  'ratelimit',
  'ratelimit-limit',
  'ratelimit-remaining',
  'ratelimit-reset',
  'x-ratelimit-limit',
  'x-ratelimit-remaining',
  'x-ratelimit-reset',
  'x-cache',
]);

/** Headers that carry correlation ids, unless the option `idHeaders` says otherwise. */
export const defaultIdHeaders: readonly string[] = [
  'inin-correlation-id',
  'x-amz-cf-id',
  'x-amzn-trace-id',
  'x-request-id',
  'x-correlation-id',
  'cf-ray',
];

/** Where `ids` has the trace id we sent along, when the option `traceparent` asks for one. */
export const traceIdKey = 'trace-id';

/** What is counted of every attempt, whether or not its record is kept. */
export interface AttemptOutcome {
  kind: AttemptKind;
  name: string;
  cause: Cause;
  /** Status of the answer, or the close code of a WebSocket that had been open. */
  code: number;
  failed: boolean;
}

/** The shard's side: what protocols tell. */
export interface Attempts {
  /** An attempt begins; answers how many of its kind are under way in the run, this one included. */
  begin(kind: AttemptKind, name: string, at: number): number;
  /** It was answered (a WebSocket: it is open, or never will be), well or not. */
  answered(kind: AttemptKind, name: string, at: number, good: boolean): void;
  /**
   * An attempt is over: it is counted, and the answer says whether its record is wanted. Then `keep`
   * is to be called with it, at once.
   */
  end(outcome: AttemptOutcome, at: number): boolean;
  keep(attempt: Attempt): void;
  /** Attempts of a kind under way in the run. */
  open(kind: AttemptKind): number;
  /** Headers whose values identify an answer, in lower case. */
  readonly idHeaders: ReadonlySet<string>;
}

/** How often one outcome has been, and when. */
export interface OutcomeCount extends AttemptOutcome {
  count: number;
  /** Milliseconds since 1970 of the first and the last one's end. */
  first: number;
  last: number;
}

/** How many attempts of a name began, were answered well, and not well, in a tenth of a second. */
export interface TimelineSlice {
  kind: AttemptKind;
  name: string;
  /** Whole tenths of a second since 1970. */
  tenth: number;
  began: number;
  good: number;
  bad: number;
}

/** What a shard hands over once a second. */
export interface AttemptsBatch {
  source: number;
  counts: readonly OutcomeCount[];
  timeline: readonly TimelineSlice[];
  /** Records that are kept. */
  attempts: readonly Attempt[];
}
