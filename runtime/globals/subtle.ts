/**
 * `crypto.subtle`: each call goes to the host as it is, and comes back as a promise. A pending one keeps
 * the iteration alive.
 */
import {
  Delivery,
  Mail,
  Op,
  type SubtleError,
  type SubtleKey,
  SubtleOutcome,
} from '../contract/ops.ts';
import { hold, mail, nextId, onDelivery, onFreshStart, op, unhold } from '../host.ts';
import { domException } from './dom-exception.ts';
import { type BufferSource, bufferOf, bytesOf } from './text.ts';

/** An algorithm's name, or an object with `name` and what else it needs. */
export type Algorithm = string | { name: string; [parameter: string]: unknown };
export type KeyFormat = 'raw' | 'jwk' | 'spki' | 'pkcs8';
export type JsonWebKey = Record<string, unknown>;

/** A key; the host makes them. */
export class CryptoKey {
  readonly type: 'secret' | 'public' | 'private';
  readonly extractable: boolean;
  readonly algorithm: Readonly<{ name: string; [member: string]: unknown }>;
  readonly usages: readonly string[];
  /** JSON `SubtleKey`, which the host reads when the key is used. */
  readonly #text: string;

  constructor(text: string) {
    const { type, extractable, algorithm, usages } = JSON.parse(text) as SubtleKey;
    const { publicExponent } = algorithm as { publicExponent?: number[] };
    this.type = type as CryptoKey['type'];
    this.extractable = extractable;
    this.algorithm =
      publicExponent === undefined
        ? algorithm
        : { ...algorithm, publicExponent: new Uint8Array(publicExponent) };
    this.usages = usages;
    this.#text = text;
  }
  get [Symbol.toStringTag](): string {
    return 'CryptoKey';
  }
  static textOf(value: object): string | undefined {
    return #text in value ? value.#text : undefined;
  }
}
export interface CryptoKeyPair {
  publicKey: CryptoKey;
  privateKey: CryptoKey;
}

/** As in WebCrypto: whatever goes wrong rejects, with the `name` that says what. */
export interface SubtleCrypto {
  decrypt(algorithm: Algorithm, key: CryptoKey, data: BufferSource): Promise<ArrayBuffer>;
  deriveBits(algorithm: Algorithm, key: CryptoKey, length?: number | null): Promise<ArrayBuffer>;
  deriveKey(
    algorithm: Algorithm,
    key: CryptoKey,
    derived: Algorithm,
    extractable: boolean,
    usages: readonly string[],
  ): Promise<CryptoKey>;
  digest(algorithm: Algorithm, data: BufferSource): Promise<ArrayBuffer>;
  encrypt(algorithm: Algorithm, key: CryptoKey, data: BufferSource): Promise<ArrayBuffer>;
  exportKey(format: 'jwk', key: CryptoKey): Promise<JsonWebKey>;
  exportKey(format: Exclude<KeyFormat, 'jwk'>, key: CryptoKey): Promise<ArrayBuffer>;
  generateKey<T extends CryptoKey | CryptoKeyPair>(
    algorithm: Algorithm,
    extractable: boolean,
    usages: readonly string[],
  ): Promise<T>;
  importKey(
    format: KeyFormat,
    data: BufferSource | JsonWebKey,
    algorithm: Algorithm,
    extractable: boolean,
    usages: readonly string[],
  ): Promise<CryptoKey>;
  sign(algorithm: Algorithm, key: CryptoKey, data: BufferSource): Promise<ArrayBuffer>;
  verify(
    algorithm: Algorithm,
    key: CryptoKey,
    signature: BufferSource,
    data: BufferSource,
  ): Promise<boolean>;
  /** Always rejects: k6 has no more than the name. */
  wrapKey(...args: unknown[]): Promise<never>;
  /** Always rejects: k6 has no more than the name. */
  unwrapKey(...args: unknown[]): Promise<never>;
}

interface Pending {
  resolve(value: unknown): void;
  reject(reason: unknown): void;
}
const pending = new Map<number, Pending>();
let listens = false;

function listen(): void {
  if (listens) return;
  listens = true;
  onDelivery(Delivery.subtle, settle);
  // The host drops what it still owes the iteration before.
  onFreshStart(() => pending.clear());
}

function settle(id: number, payload: string | ArrayBuffer | undefined): void {
  const call = pending.get(id);
  if (call === undefined) return;
  pending.delete(id);
  unhold();
  switch (mail[Mail.payload]) {
    case SubtleOutcome.bytes:
      call.resolve(payload ?? new ArrayBuffer(0));
      break;
    case SubtleOutcome.value:
      call.resolve(JSON.parse(payload as string, revive));
      break;
    default: {
      const { name, message } = JSON.parse(payload as string) as SubtleError;
      call.reject(name === 'TypeError' ? new TypeError(message) : domException(message, name));
    }
  }
}

function revive(_name: string, value: unknown): unknown {
  const text = (value as { $key?: string } | null)?.$key;
  return text === undefined ? value : new CryptoKey(text);
}

function ask(method: string, args: unknown[]): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const blocks: ArrayBuffer[] = [];
    const json = JSON.stringify(args, (_name, value: unknown) => {
      if (typeof value !== 'object' || value === null) return value;
      if (value instanceof ArrayBuffer || ArrayBuffer.isView(value)) {
        return { $bytes: blocks.push(bufferOf(bytesOf(value, 'data'))) - 1 };
      }
      const key = CryptoKey.textOf(value);
      return key === undefined ? value : { $key: key };
    });
    listen();
    const id = nextId();
    op(Op.subtle, id, method, json, ...blocks);
    hold();
    pending.set(id, { resolve, reject });
  });
}

const names: readonly (keyof SubtleCrypto)[] = [
  'decrypt',
  'deriveBits',
  'deriveKey',
  'digest',
  'encrypt',
  'exportKey',
  'generateKey',
  'importKey',
  'sign',
  'unwrapKey',
  'verify',
  'wrapKey',
];

/** Makes `crypto.subtle`; only scripts that name it need one. */
export function makeSubtle(): SubtleCrypto {
  return Object.fromEntries(
    names.map((name) => [name, (...args: unknown[]) => ask(name, args)]),
  ) as unknown as SubtleCrypto;
}
