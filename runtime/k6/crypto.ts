/** `k6/crypto`: the hashes of `vurun/crypto` under k6's names, one function for each. */
import {
  type Encoded,
  type HashAlgorithm,
  type Hasher,
  type HashInput,
  hash,
  type OutputEncoding,
  createHash as ownHash,
  hexEncode as ownHexEncode,
  createHMAC as ownHMAC,
  hmac as ownHmac,
  randomBytes as ownRandomBytes,
} from '../modules/crypto.ts';
import { asGo } from './go-error.ts';

type Hash = <E extends OutputEncoding>(input: HashInput, encoding: E) => Encoded<E>;

function hashOf(algorithm: HashAlgorithm): Hash {
  return asGo((input: HashInput, encoding: OutputEncoding) =>
    hash(algorithm, input, encoding),
  ) as Hash;
}

function withGoErrors(hasher: Hasher): Hasher {
  return {
    update: asGo((input: HashInput) => hasher.update(input)),
    digest: asGo((encoding: OutputEncoding) => hasher.digest(encoding)) as Hasher['digest'],
  };
}

export const createHash: typeof ownHash = /* @__PURE__ */ asGo((algorithm: HashAlgorithm) =>
  withGoErrors(ownHash(algorithm)),
);
export const createHMAC: typeof ownHMAC = /* @__PURE__ */ asGo(
  (algorithm: HashAlgorithm, secret: HashInput) => withGoErrors(ownHMAC(algorithm, secret)),
);
export const hexEncode: typeof ownHexEncode = /* @__PURE__ */ asGo(ownHexEncode);
export const hmac: typeof ownHmac = /* @__PURE__ */ asGo(ownHmac);
export const randomBytes: typeof ownRandomBytes = /* @__PURE__ */ asGo(ownRandomBytes);

/** There when OpenSSL's legacy provider is; else it says how to get it. */
export const md4: Hash = /* @__PURE__ */ hashOf('md4' as HashAlgorithm);
export const md5: Hash = /* @__PURE__ */ hashOf('md5');
export const ripemd160: Hash = /* @__PURE__ */ hashOf('ripemd160');
export const sha1: Hash = /* @__PURE__ */ hashOf('sha1');
export const sha256: Hash = /* @__PURE__ */ hashOf('sha256');
export const sha384: Hash = /* @__PURE__ */ hashOf('sha384');
export const sha512: Hash = /* @__PURE__ */ hashOf('sha512');
export const sha512_224: Hash = /* @__PURE__ */ hashOf('sha512_224');
export const sha512_256: Hash = /* @__PURE__ */ hashOf('sha512_256');

const crypto: Record<HashAlgorithm | 'md4', Hash> & {
  createHash: typeof createHash;
  createHMAC: typeof createHMAC;
  hexEncode: typeof hexEncode;
  hmac: typeof hmac;
  randomBytes: typeof randomBytes;
} = {
  createHash,
  createHMAC,
  hexEncode,
  hmac,
  md4,
  md5,
  randomBytes,
  ripemd160,
  sha1,
  sha256,
  sha384,
  sha512,
  sha512_224,
  sha512_256,
};
export default crypto;
