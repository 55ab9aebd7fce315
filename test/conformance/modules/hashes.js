import crypto from 'k6/crypto';

export default function () {
  console.log(crypto.md5('abc', 'hex'), crypto.sha1('abc', 'hex'));
  console.log(crypto.sha256('abc', 'base64'), crypto.sha256('abc', 'base64url').slice(-4), crypto.sha256('abc', 'base64rawurl').slice(-4));
  console.log(crypto.sha384('abc', 'hex').slice(0, 16), crypto.sha512('abc', 'hex').slice(0, 16));
  console.log(crypto.sha512_224('abc', 'hex').slice(0, 16), crypto.sha512_256('abc', 'hex').slice(0, 16), crypto.ripemd160('abc', 'hex'));
  console.log(crypto.md5('abc', 'binary') instanceof ArrayBuffer, crypto.hexEncode(new Uint8Array([1, 255]).buffer));
  const hasher = crypto.createHash('sha256');
  hasher.update('a');
  hasher.update('bc');
  console.log(hasher.digest('hex') === crypto.sha256('abc', 'hex'));
  try {
    crypto.md5('abc', 'nope');
  } catch (e) {
    console.log(e.message);
  }
}
