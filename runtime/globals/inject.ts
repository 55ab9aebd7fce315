/**
 * What esbuild puts in for globals a script names: under their own name, and for `globalThis.NAME`.
 * A bundle holds only those it uses.
 */
export {
  AbortController,
  AbortController as 'globalThis.AbortController',
  AbortSignal,
  AbortSignal as 'globalThis.AbortSignal',
} from './abort.ts';
export { atob, atob as 'globalThis.atob', btoa, btoa as 'globalThis.btoa' } from './base64.ts';
export { Blob, Blob as 'globalThis.Blob' } from './blob.ts';
export {
  crypto,
  crypto as 'globalThis.crypto',
  getRandomValues as 'crypto.getRandomValues',
  getRandomValues as 'globalThis.crypto.getRandomValues',
  randomUUID as 'crypto.randomUUID',
  randomUUID as 'globalThis.crypto.randomUUID',
} from './crypto.ts';
export {
  CustomEvent,
  CustomEvent as 'globalThis.CustomEvent',
  Event,
  Event as 'globalThis.Event',
  EventTarget,
  EventTarget as 'globalThis.EventTarget',
} from './event-target.ts';
export {
  structuredClone,
  structuredClone as 'globalThis.structuredClone',
} from './structured-clone.ts';
export {
  TextDecoder,
  TextDecoder as 'globalThis.TextDecoder',
  TextEncoder,
  TextEncoder as 'globalThis.TextEncoder',
} from './text.ts';
export { URL, URL as 'globalThis.URL' } from './url.ts';
export {
  URLSearchParams,
  URLSearchParams as 'globalThis.URLSearchParams',
} from './url-search-params.ts';
