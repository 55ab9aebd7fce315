/**
 * WebCrypto for guests: Node's own, asked with what crossed the wall. Keys stay with the guest, as text
 * that says all there is to them, so that nothing has to be forgotten here when a VU or a key goes.
 */
import { KeyObject, webcrypto } from 'node:crypto';
import { types } from 'node:util';
import type { SubtleError, SubtleKey } from '../../runtime/contract/ops.ts';
import { GuestError, messageOf } from '../errors.ts';
import { limits } from '../limits.ts';

type CryptoKey = webcrypto.CryptoKey;
type Method = (...args: unknown[]) => Promise<unknown>;

/** What `subtle` of k6 does, and which argument names the algorithms. */
const methods: Readonly<Record<string, readonly number[]>> = {
  decrypt: [0],
  deriveBits: [0],
  deriveKey: [0, 2],
  digest: [0],
  encrypt: [0],
  exportKey: [],
  generateKey: [0],
  importKey: [2],
  sign: [0],
  verify: [0],
};
const algorithms: ReadonlySet<string> = new Set([
  'AES-CBC',
  'AES-CTR',
  'AES-GCM',
  'AES-KW',
  'ECDH',
  'ECDSA',
  'HMAC',
  'PBKDF2',
  'RSA-OAEP',
  'RSA-PSS',
  'RSASSA-PKCS1-V1_5',
  'SHA-1',
  'SHA-256',
  'SHA-384',
  'SHA-512',
]);

/** Keys made of their texts, the longest unused first. Scripts use few, and those again and again. */
const keys = new Map<string, CryptoKey>();

function keep(text: string, key: CryptoKey): void {
  keys.delete(text);
  keys.set(text, key);
  if (keys.size > limits.subtleKeys) keys.delete(keys.keys().next().value as string);
}

async function keyFrom(text: string): Promise<CryptoKey> {
  const { material, algorithm, extractable, usages } = JSON.parse(text) as SubtleKey;
  const known = keys.get(text);
  const use = [
    algorithm as unknown as webcrypto.HmacImportParams,
    extractable,
    usages as webcrypto.KeyUsage[],
  ] as const;
  const { subtle } = webcrypto;
  const key =
    known ??
    (material['k'] === undefined
      ? await subtle.importKey('jwk', material, ...use)
      : await subtle.importKey('raw', Buffer.from(material['k'], 'base64url'), ...use));
  keep(text, key);
  return key;
}

function keyText(key: CryptoKey): string {
  const { type, extractable, usages } = key;
  const { publicExponent, ...algorithm } = key.algorithm as webcrypto.RsaHashedKeyAlgorithm;
  const text = JSON.stringify({
    type,
    extractable,
    algorithm:
      publicExponent === undefined
        ? algorithm
        : { ...algorithm, publicExponent: [...publicExponent] },
    usages,
    material: KeyObject.from(key).export({ format: 'jwk' }) as Record<string, string>,
  } satisfies SubtleKey);
  keep(text, key);
  return text;
}

/** What the guest sent, made into what Node takes. */
async function revive(value: unknown, blocks: readonly Uint8Array[]): Promise<unknown> {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return Promise.all(value.map((one) => revive(one, blocks)));
  const { $bytes, $key } = value as { $bytes?: number; $key?: string };
  if ($bytes !== undefined) return blocks[$bytes];
  if ($key !== undefined) return keyFrom($key);
  const pairs = Object.entries(value).map(
    async ([name, inner]) => [name, await revive(inner, blocks)] as const,
  );
  return Object.fromEntries(await Promise.all(pairs));
}

/** Node knows algorithms k6 does not, and would also take days for some. */
function judge(asked: unknown): void {
  const given = typeof asked === 'string' ? { name: asked } : asked;
  if (typeof given !== 'object' || given === null) return;
  const { name, iterations, modulusLength, length } = given as Record<string, unknown>;
  if (typeof name === 'string' && !algorithms.has(name.toUpperCase())) {
    throw new GuestError(`the algorithm '${name}' is not supported`, 'NotSupportedError');
  }
  bound('iterations', iterations, limits.subtleIterations);
  bound('modulusLength', modulusLength, limits.subtleModulusBits);
  bound('length', length, limits.subtleBits);
}

function bound(what: string, value: unknown, most: number): void {
  if (typeof value === 'number' && value > most) {
    throw new GuestError(`${what} is ${value}; at most ${most} is allowed`, 'OperationError');
  }
}

/** What a call gave, on its way to the guest: bytes, or text as JSON. */
export type SubtleAnswer = { bytes: Uint8Array } | { json: string } | { error: SubtleError };

/** Calls a method of `crypto.subtle`. `argumentsJson` is `SubtleArguments`. Never rejects. */
export async function callSubtle(
  method: string,
  argumentsJson: string,
  blocks: readonly Uint8Array[],
): Promise<SubtleAnswer> {
  try {
    const named = Object.hasOwn(methods, method) ? methods[method] : undefined;
    // As in k6, which has the names of wrapKey and unwrapKey only.
    if (named === undefined) throw new GuestError('not implemented', 'NotSupportedError');
    const args = (await revive(JSON.parse(argumentsJson), blocks)) as unknown[];
    for (const at of named) judge(args[at]);
    if (method === 'deriveBits') bound('length', args[2], limits.subtleBits);
    const result = await (webcrypto.subtle as unknown as Record<string, Method>)[method]?.(...args);
    if (result instanceof ArrayBuffer) return { bytes: new Uint8Array(result) };
    return { json: JSON.stringify(shown(result)) };
  } catch (thrown) {
    return { error: errorOf(thrown) };
  }
}

function shown(result: unknown): unknown {
  if (types.isCryptoKey(result)) return { $key: keyText(result) };
  const pair = result as Partial<webcrypto.CryptoKeyPair> | boolean;
  if (typeof pair !== 'object' || pair.privateKey === undefined) return result;
  return {
    privateKey: shown(pair.privateKey),
    publicKey: shown(pair.publicKey),
  };
}

function errorOf(thrown: unknown): SubtleError {
  const message = messageOf(thrown);
  const told =
    thrown instanceof DOMException || thrown instanceof GuestError || thrown instanceof TypeError;
  if (!told) return { name: 'OperationError', message };
  // Node has a name of its own for a key that must not be exported.
  const isOwn = thrown.name === 'InvalidAccessException';
  return { name: isOwn ? 'InvalidAccessError' : thrown.name, message };
}
