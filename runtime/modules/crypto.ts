/** `vurun/crypto`: hashes, HMACs and certificates, computed by the host at once. */
import { type CertificateParts, Op } from '../contract/ops.ts';
import { type BufferSource, bufferOf, bytesOf, encodeUtf8 } from '../globals/text.ts';
import { crosses, op } from '../host.ts';

export type { CertificateName, CertificateParts } from '../contract/ops.ts';
export type HashAlgorithm =
  | 'md5'
  | 'ripemd160'
  | 'sha1'
  | 'sha256'
  | 'sha384'
  | 'sha512'
  | 'sha512_224'
  | 'sha512_256';
/**
 * binary: an ArrayBuffer · hex · base64, with padding · base64url: - and _ for + and /, with padding ·
 * base64rawurl: the same without padding.
 */
export type OutputEncoding = 'binary' | 'hex' | 'base64' | 'base64url' | 'base64rawurl';
export type Encoded<E extends OutputEncoding> = E extends 'binary' ? ArrayBuffer : string;
/** Text is taken as UTF-8. */
export type HashInput = string | BufferSource;

/** Takes what is to be hashed in parts. */
export interface Hasher {
  update(input: HashInput): void;
  /** Of all parts so far; more may follow. */
  digest<E extends OutputEncoding>(encoding: E): Encoded<E>;
}

function crossing(input: unknown, what: string): string | ArrayBuffer {
  if (typeof input !== 'string') return bufferOf(bytesOf(input, `${what}, when it is no text,`));
  return crosses(input) ? input : bufferOf(encodeUtf8(input));
}

/** The hash of `input`. Throws a TypeError for an algorithm or encoding there is not. */
export function hash<E extends OutputEncoding>(
  algorithm: HashAlgorithm,
  input: HashInput,
  encoding: E,
): Encoded<E> {
  const data = crossing(input, 'hash(algorithm, input): input');
  return op(Op.hash, String(algorithm), String(encoding), data) as Encoded<E>;
}

/** The HMAC of `data`. Throws a TypeError for an algorithm or encoding there is not. */
export function hmac<E extends OutputEncoding>(
  algorithm: HashAlgorithm,
  secret: HashInput,
  data: HashInput,
  encoding: E,
): Encoded<E> {
  const key = crossing(secret, 'hmac(algorithm, secret, data): secret');
  const text = crossing(data, 'hmac(algorithm, secret, data): data');
  return op(Op.hmac, String(algorithm), String(encoding), key, text) as Encoded<E>;
}

/** Parts wait here and are hashed at the end, so that the host has nothing to keep for a hasher. */
class Parts implements Hasher {
  readonly #algorithm: HashAlgorithm;
  readonly #secret: HashInput | undefined;
  #bytes: Uint8Array = new Uint8Array(0);
  #length = 0;

  constructor(algorithm: HashAlgorithm, secret?: HashInput) {
    this.#algorithm = algorithm;
    this.#secret = secret;
    // An algorithm there is not is to be told here, and not at the end.
    this.digest('binary');
  }

  update(input: HashInput): void {
    const bytes =
      typeof input === 'string' ? encodeUtf8(input) : bytesOf(input, 'update(input): input');
    const length = this.#length + bytes.length;
    if (length > this.#bytes.length) {
      const larger = new Uint8Array(Math.max(length, this.#length * 2));
      larger.set(this.#bytes.subarray(0, this.#length));
      this.#bytes = larger;
    }
    this.#bytes.set(bytes, this.#length);
    this.#length = length;
  }

  digest<E extends OutputEncoding>(encoding: E): Encoded<E> {
    const all = this.#bytes.subarray(0, this.#length);
    return this.#secret === undefined
      ? hash(this.#algorithm, all, encoding)
      : hmac(this.#algorithm, this.#secret, all, encoding);
  }
}

/** A hash of several parts. Throws a TypeError for an algorithm there is not. */
export function createHash(algorithm: HashAlgorithm): Hasher {
  return new Parts(algorithm);
}

/** An HMAC of several parts. Throws a TypeError for an algorithm there is not. */
export function createHMAC(algorithm: HashAlgorithm, secret: HashInput): Hasher {
  if (typeof secret !== 'string')
    bytesOf(secret, 'createHMAC(algorithm, secret): secret, when it is no text,');
  return new Parts(algorithm, secret);
}

/** The bytes in hexadecimal digits; text is taken as UTF-8. */
export function hexEncode(input: HashInput): string {
  const bytes =
    typeof input === 'string' ? encodeUtf8(input) : bytesOf(input, 'hexEncode(input): input');
  let text = '';
  for (const byte of bytes) text += (byte < 16 ? '0' : '') + byte.toString(16);
  return text;
}

// What one call of the host gives.
const chunk = 65_536;

/** So many random bytes, fit for secrets. Throws for less than one. */
export function randomBytes(size: number): ArrayBuffer {
  if (!(Number(size) >= 1)) throw new RangeError('invalid size');
  const bytes = new Uint8Array(Math.floor(Number(size)));
  for (let at = 0; at < bytes.length; at += chunk) {
    const count = Math.min(chunk, bytes.length - at);
    bytes.set(new Uint8Array(op(Op.randomBytes, count) as ArrayBuffer), at);
  }
  return bytes.buffer;
}

/** An X.509 certificate in PEM, taken apart. Throws when it is none. */
export function parseCertificate(pem: string): CertificateParts {
  return JSON.parse(op(Op.certificateParse, String(pem)) as string) as CertificateParts;
}
