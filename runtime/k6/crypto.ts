/** `k6/crypto`: the hashes of `vurun/crypto` under k6's names, one function for each. */
import {
  createHash,
  createHMAC,
  type Encoded,
  type HashAlgorithm,
  type HashInput,
  hash,
  hexEncode,
  hmac,
  type OutputEncoding,
  randomBytes,
} from '../modules/crypto.ts';

export { createHash, createHMAC, hexEncode, hmac, randomBytes };

type Hash = <E extends OutputEncoding>(input: HashInput, encoding: E) => Encoded<E>;

function hashOf(algorithm: HashAlgorithm): Hash {
  return (input, encoding) => hash(algorithm, input, encoding);
}

/** Not there, and says so. */
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
