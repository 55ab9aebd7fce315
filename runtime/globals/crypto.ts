/** `crypto`: random values from the host, and `subtle`. */
import { Op } from '../contract/ops.ts';
import { op } from '../host.ts';
import { domException } from './dom-exception.ts';
import { makeSubtle, type SubtleCrypto } from './subtle.ts';

export interface Crypto {
  /**
   * Fills an integer typed array and returns it. Throws TypeMismatchError for anything else, and
   * QuotaExceededError above 65536 bytes.
   */
  getRandomValues<T extends ArrayBufferView>(array: T): T;
  /** A random version 4 UUID. */
  randomUUID(): string;
  /** Ciphers, signatures and keys, as far as k6 has them. */
  readonly subtle: SubtleCrypto;
}

function random(length: number): Uint8Array {
  return new Uint8Array(op(Op.randomBytes, length) as ArrayBuffer);
}

// Functions by themselves, so that a script that names only these does not get what `subtle` needs.

export function getRandomValues<T extends ArrayBufferView>(array: T): T {
  if (
    !ArrayBuffer.isView(array) ||
    !/^\[object (Big)?(Uint|Int)/.test(Object.prototype.toString.call(array))
  ) {
    throw domException(
      'getRandomValues(array): array must be an integer typed array',
      'TypeMismatchError',
    );
  }
  if (array.byteLength > 65536) {
    throw domException(
      `getRandomValues(array): array has ${array.byteLength} bytes; at most 65536 are allowed`,
      'QuotaExceededError',
    );
  }
  if (array.byteLength > 0) {
    const bytes = new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
    bytes.set(random(array.byteLength));
  }
  return array;
}

export function randomUUID(): string {
  const bytes = random(16);
  bytes[6] = ((bytes[6] as number) & 15) | 64;
  bytes[8] = ((bytes[8] as number) & 63) | 128;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}

let subtle: SubtleCrypto | undefined;

export const crypto: Crypto = {
  getRandomValues,
  randomUUID,
  get subtle() {
    return (subtle ??= makeSubtle());
  },
};
