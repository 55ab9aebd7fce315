/**
 * Types of what a script finds without importing it. Scripts get them with
 * `"types": ["vurun/globals"]` in their tsconfig.json.
 */
import type { AbortController as Controller, AbortSignal as Signal } from './globals/abort.ts';
import type { Blob as BlobClass } from './globals/blob.ts';
import type { Console } from './globals/console.ts';
import type { Crypto } from './globals/crypto.ts';
import type {
  DOMExceptionConstructor,
  DOMException as DomException,
} from './globals/dom-exception.ts';
import type {
  CustomEvent as Custom,
  Event as EventClass,
  EventTarget as Target,
} from './globals/event-target.ts';
import type { Performance } from './globals/performance.ts';
import type { CryptoKey as Key } from './globals/subtle.ts';
import type { TextDecoder as Decoder, TextEncoder as Encoder } from './globals/text.ts';
import type { URL as Url } from './globals/url.ts';
import type { URLSearchParams as SearchParams } from './globals/url-search-params.ts';

declare global {
  /** Environment variables: the process's own, `-e` and the scenario's. */
  var __ENV: Record<string, string>;
  /** Number of this VU, from 1; 0 in setup, teardown, handleSummary and the first init. */
  var __VU: number;
  /** Iterations this VU has begun before, from 0; not set outside of iterations. */
  var __ITER: number;
  /** The text of a file; in the init context only. Relative paths start at the main script. */
  function open(path: string): string;
  /** The bytes of a file; in the init context only. */
  function open(path: string, mode: 'b'): ArrayBuffer;

  var console: Console;
  var performance: Performance;
  var crypto: Crypto;
  type CryptoKey = Key;
  var setTimeout: typeof import('./globals/timers.ts').setTimeout;
  var setInterval: typeof import('./globals/timers.ts').setInterval;
  var clearTimeout: typeof import('./globals/timers.ts').clearTimeout;
  var clearInterval: typeof import('./globals/timers.ts').clearInterval;
  function queueMicrotask(callback: () => void): void;
  var structuredClone: typeof import('./globals/structured-clone.ts').structuredClone;
  var atob: typeof import('./globals/base64.ts').atob;
  var btoa: typeof import('./globals/base64.ts').btoa;

  var URL: typeof Url;
  type URL = Url;
  var URLSearchParams: typeof SearchParams;
  type URLSearchParams = SearchParams;
  var TextEncoder: typeof Encoder;
  type TextEncoder = Encoder;
  var TextDecoder: typeof Decoder;
  type TextDecoder = Decoder;
  var AbortController: typeof Controller;
  type AbortController = Controller;
  var AbortSignal: typeof Signal;
  type AbortSignal = Signal;
  var DOMException: DOMExceptionConstructor;
  type DOMException = DomException;
  var Event: typeof EventClass;
  type Event = EventClass;
  var CustomEvent: typeof Custom;
  type CustomEvent<T = unknown> = Custom<T>;
  var EventTarget: typeof Target;
  type EventTarget = Target;
  var Blob: typeof BlobClass;
  type Blob = BlobClass;
}
