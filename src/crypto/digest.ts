/** Hashes and HMACs of bytes, by the names k6 gives the algorithms. */
import { createHash, createHmac } from 'node:crypto';
import { GuestError } from '../errors.ts';

/** Node's names. */
const algorithms: Readonly<Record<string, string>> = {
  md4: 'md4',
  md5: 'md5',
  ripemd160: 'ripemd160',
  sha1: 'sha1',
  sha256: 'sha256',
  sha384: 'sha384',
  sha512: 'sha512',
  sha512_224: 'sha512-224',
  sha512_256: 'sha512-256',
};

function hasMd4(): boolean {
  try {
    createHash('md4');
    return true;
  } catch {
    return false;
  }
}

function known(algorithm: string): string {
  if (algorithm === 'md4' && !hasMd4()) {
    throw new GuestError(
      "md4 is not there: Node's OpenSSL has it in its legacy provider only; run vurun with NODE_OPTIONS=--openssl-legacy-provider",
      'TypeError',
    );
  }
  const name = Object.hasOwn(algorithms, algorithm) ? algorithms[algorithm] : undefined;
  if (name === undefined) throw new GuestError(`invalid algorithm: ${algorithm}`, 'TypeError');
  return name;
}

const encodings: Readonly<Record<string, (bytes: Buffer) => string | Uint8Array>> = {
  hex: (bytes) => bytes.toString('hex'),
  base64: (bytes) => bytes.toString('base64'),
  base64url: (bytes) => bytes.toString('base64').replaceAll('+', '-').replaceAll('/', '_'),
  base64rawurl: (bytes) => bytes.toString('base64url'),
  binary: (bytes) => bytes,
};

/** How the result of a hash is to be written. */
export function encoder(encoding: string): (bytes: Buffer) => string | Uint8Array {
  const encode = Object.hasOwn(encodings, encoding) ? encodings[encoding] : undefined;
  if (encode === undefined) {
    throw new GuestError(`invalid output encoding: ${encoding}`, 'TypeError');
  }
  return encode;
}

/** Text is taken as UTF-8. */
export function hash(algorithm: string, data: string | Uint8Array): Buffer {
  return createHash(known(algorithm)).update(data).digest();
}

export function hmac(
  algorithm: string,
  secret: string | Uint8Array,
  data: string | Uint8Array,
): Buffer {
  return createHmac(known(algorithm), secret).update(data).digest();
}
