/** `crypto.subtle` in a real VU: what it makes, Node's own WebCrypto reads, and the other way round. */
import { createHash, pbkdf2Sync, webcrypto } from 'node:crypto';
import { expect, test } from 'vitest';
import { type GuestOptions, type GuestRun, runGuest } from './support/guest.ts';

const { subtle } = webcrypto;
const imports = `
  import { hexEncode as hex } from 'vurun/crypto';
  const refused = async (f) => { try { return await f() } catch (e) { return e.name + ': ' + e.message } };
  const bytes = (h) => new Uint8Array((h.match(/../g) ?? []).map((d) => parseInt(d, 16)));
  const utf8 = (t) => new TextEncoder().encode(t);
`;

function runBody(body: string, options?: GuestOptions): Promise<GuestRun> {
  return runGuest(`${imports}\nexport default async function () {\n${body}\n}`, options);
}
async function said(body: string, options?: GuestOptions): Promise<string[]> {
  const run = await runBody(body, options);
  expect(run.failures).toEqual([]);
  return run.logs.map(({ text }) => text);
}

test('digest gives what node:crypto gives', async () => {
  const names = ['SHA-1', 'SHA-256', 'SHA-384', 'SHA-512'];
  expect(
    await said(`
      for (const name of ${JSON.stringify(names)}) {
        console.log(hex(await crypto.subtle.digest(name, utf8('abc'))), hex(await crypto.subtle.digest({ name }, new ArrayBuffer(0))));
      }
      const { subtle } = crypto;
      console.log(hex(await subtle.digest('sha-1', new Uint8Array([9, 97, 98, 99, 9]).subarray(1, 4))));
    `),
  ).toEqual([
    ...names.map((name) => {
      const digest = (text: string): string =>
        createHash(name.replace('-', '')).update(text).digest('hex');
      return `${digest('abc')} ${digest('')}`;
    }),
    'a9993e364706816aba3e25717850c26c9cd0d89d',
  ]);
});

test('AES agrees with the vectors of NIST', async () => {
  expect(
    await said(`
      // SP 800-38A F.2.1 (CBC; the last block is padding), F.5.1 (CTR), and GCM test case 4.
      const raw = bytes('2b7e151628aed2a6abf7158809cf4f3c');
      const plain = bytes('6bc1bee22e409f96e93d7e117393172a');
      const cbc = await crypto.subtle.importKey('raw', raw, 'AES-CBC', false, ['encrypt', 'decrypt']);
      const iv = bytes('000102030405060708090a0b0c0d0e0f');
      const boxed = await crypto.subtle.encrypt({ name: 'AES-CBC', iv }, cbc, plain);
      console.log(hex(boxed).slice(0, 32), hex(await crypto.subtle.decrypt({ name: 'AES-CBC', iv: iv.buffer }, cbc, boxed)));
      const ctr = await crypto.subtle.importKey('raw', raw.buffer, { name: 'AES-CTR' }, false, ['encrypt']);
      const counter = bytes('f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff');
      console.log(hex(await crypto.subtle.encrypt({ name: 'AES-CTR', counter, length: 128 }, ctr, plain)));
      const gcm = await crypto.subtle.importKey('raw', bytes('feffe9928665731c6d6a8f9467308308'), 'AES-GCM', false, ['encrypt', 'decrypt']);
      const params = {
        name: 'AES-GCM',
        iv: bytes('cafebabefacedbaddecaf888'),
        additionalData: bytes('feedfacedeadbeeffeedfacedeadbeefabaddad2'),
      };
      const text = bytes('d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39');
      const sealed = new Uint8Array(await crypto.subtle.encrypt(params, gcm, text));
      console.log(hex(sealed.slice(-16)), hex(await crypto.subtle.decrypt(params, gcm, sealed)) === hex(text));
      sealed[0] ^= 1;
      console.log((await refused(() => crypto.subtle.decrypt(params, gcm, sealed))).split(':')[0]);
    `),
  ).toEqual([
    '7649abac8119b246cee98e9b12e9197d 6bc1bee22e409f96e93d7e117393172a',
    '874d6191b620e3261bef6864990db6ce',
    '5bc94fbc3221a5db94fae95ae7121a47 true',
    'OperationError',
  ]);
});

test('HMAC signs and verifies, with keys made, exported and imported again', async () => {
  expect(
    await said(`
      const algorithm = { name: 'HMAC', hash: 'SHA-256' };
      const key = await crypto.subtle.importKey('raw', bytes('0b'.repeat(20)), algorithm, true, ['sign', 'verify']);
      const signature = await crypto.subtle.sign('HMAC', key, utf8('Hi There'));
      console.log(hex(signature));
      console.log(await crypto.subtle.verify('HMAC', key, signature, utf8('Hi There')), await crypto.subtle.verify('HMAC', key, signature, utf8('Hi there')));
      console.log(key.type, key.extractable, JSON.stringify(key.algorithm), key.usages.join(), String(key), key instanceof Object);
      const jwk = await crypto.subtle.exportKey('jwk', key);
      console.log(jwk.kty, jwk.alg, jwk.ext, jwk.key_ops.join());
      const again = await crypto.subtle.importKey('jwk', jwk, algorithm, false, ['verify']);
      console.log(await crypto.subtle.verify('HMAC', again, signature, utf8('Hi There')));
      const made = await crypto.subtle.generateKey({ name: 'HMAC', hash: { name: 'SHA-512' } }, true, ['sign']);
      console.log((await crypto.subtle.exportKey('raw', made)).byteLength);
    `),
  ).toEqual([
    'b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7',
    'true false',
    'secret true {"name":"HMAC","hash":{"name":"SHA-256"},"length":160} sign,verify [object CryptoKey] true',
    'oct HS256 true sign,verify',
    'true',
    '128',
  ]);
});

test('what RSA and ECDSA sign here, Node verifies; what Node encrypts is read here', async () => {
  const lines = await said(`
    const rsa = { modulusLength: 2048, publicExponent: new Uint8Array([1, 0, 1]), hash: 'SHA-256' };
    const data = utf8('signed');
    for (const [algorithm, params] of [
      [{ name: 'RSASSA-PKCS1-v1_5', ...rsa }, 'RSASSA-PKCS1-v1_5'],
      [{ name: 'RSA-PSS', ...rsa }, { name: 'RSA-PSS', saltLength: 32 }],
      [{ name: 'ECDSA', namedCurve: 'P-256' }, { name: 'ECDSA', hash: 'SHA-256' }],
      [{ name: 'ECDSA', namedCurve: 'P-521' }, { name: 'ECDSA', hash: { name: 'SHA-512' } }],
    ]) {
      const { privateKey, publicKey } = await crypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
      const signature = await crypto.subtle.sign(params, privateKey, data);
      const ok = await crypto.subtle.verify(params, publicKey, signature, data);
      const pkcs8 = await crypto.subtle.exportKey('pkcs8', privateKey);
      const again = await crypto.subtle.importKey('pkcs8', pkcs8, { ...algorithm }, false, ['sign']);
      const second = await crypto.subtle.verify(params, publicKey, await crypto.subtle.sign(params, again, data), data);
      console.log(JSON.stringify({
        algorithm: publicKey.algorithm, params, ok, second, kinds: privateKey.type + publicKey.type,
        signature: hex(signature), spki: hex(await crypto.subtle.exportKey('spki', publicKey)),
      }));
    }
    const pair = await crypto.subtle.generateKey({ name: 'RSA-OAEP', ...rsa }, true, ['encrypt', 'decrypt']);
    const box = await crypto.subtle.encrypt({ name: 'RSA-OAEP', label: utf8('l') }, pair.publicKey, data);
    console.log(hex(await crypto.subtle.decrypt({ name: 'RSA-OAEP', label: utf8('l') }, pair.privateKey, box)));
    console.log(pair.publicKey.algorithm.publicExponent instanceof Uint8Array, pair.publicKey.algorithm.publicExponent.join());
  `);
  expect(lines.slice(-2)).toEqual([Buffer.from('signed').toString('hex'), 'true 1,0,1']);
  expect(lines).toHaveLength(6);
  for (const line of lines.slice(0, 4)) {
    const { algorithm, params, ok, second, kinds, signature, spki } = JSON.parse(line) as {
      algorithm: webcrypto.EcKeyImportParams & webcrypto.RsaHashedImportParams;
      params: webcrypto.EcdsaParams;
      ok: boolean;
      second: boolean;
      kinds: string;
      signature: string;
      spki: string;
    };
    expect({ ok, second, kinds }).toEqual({ ok: true, second: true, kinds: 'privatepublic' });
    const key = await subtle.importKey('spki', Buffer.from(spki, 'hex'), algorithm, false, [
      'verify',
    ]);
    const told = await subtle.verify(
      params,
      key,
      Buffer.from(signature, 'hex'),
      Buffer.from('signed'),
    );
    expect(told).toBe(true);
  }
});

test('ECDH and PBKDF2 derive bits and keys', async () => {
  expect(
    await said(`
      const curve = { name: 'ECDH', namedCurve: 'P-384' };
      const [a, b] = await Promise.all([0, 1].map(() => crypto.subtle.generateKey(curve, false, ['deriveBits', 'deriveKey'])));
      const one = await crypto.subtle.deriveBits({ name: 'ECDH', public: b.publicKey }, a.privateKey, 384);
      const other = await crypto.subtle.deriveBits({ name: 'ECDH', public: a.publicKey }, b.privateKey, 384);
      console.log(one.byteLength, hex(one) === hex(other), a.privateKey.extractable, a.publicKey.extractable);
      const shared = await crypto.subtle.deriveKey({ name: 'ECDH', public: b.publicKey }, a.privateKey, { name: 'AES-GCM', length: 256 }, true, ['encrypt']);
      console.log(shared.algorithm.name, shared.algorithm.length, hex(await crypto.subtle.exportKey('raw', shared)) === hex(one).slice(0, 64));
      const password = await crypto.subtle.importKey('raw', utf8('password'), 'PBKDF2', false, ['deriveBits', 'deriveKey']);
      const params = { name: 'PBKDF2', salt: utf8('salt'), iterations: 1000, hash: 'SHA-256' };
      console.log(hex(await crypto.subtle.deriveBits(params, password, 256)));
    `),
  ).toEqual([
    '48 true false true',
    'AES-GCM 256 true',
    pbkdf2Sync('password', 'salt', 1000, 32, 'sha256').toString('hex'),
  ]);
});

test('what goes wrong rejects with its name, at once or later', async () => {
  expect(
    await said(`
      const raw = new Uint8Array(16);
      const key = await crypto.subtle.importKey('raw', raw, 'AES-CBC', false, ['encrypt']);
      const name = async (f) => (await refused(f)).split(':')[0];
      console.log(await refused(() => crypto.subtle.digest('MD5', raw)));
      console.log(await refused(() => crypto.subtle.generateKey('Ed25519', true, ['sign'])));
      console.log(await refused(() => crypto.subtle.importKey('raw', raw, 'HKDF', false, ['deriveBits'])));
      console.log(await refused(() => crypto.subtle.wrapKey('raw', key, key, 'AES-KW')));
      console.log(await refused(() => crypto.subtle.unwrapKey('raw')));
      console.log(await name(() => crypto.subtle.exportKey('raw', key)), await name(() => crypto.subtle.decrypt({ name: 'AES-CBC', iv: raw }, key, raw)));
      console.log(await name(() => crypto.subtle.importKey('raw', new Uint8Array(3), 'AES-CBC', false, ['encrypt'])));
      console.log(await name(() => crypto.subtle.importKey('raw', raw, 'AES-CBC', false, ['sign'])));
      console.log(await name(() => crypto.subtle.digest('SHA-256', 'text')), await name(() => crypto.subtle.digest()));
      const circle = {};
      circle.self = circle;
      console.log(await name(() => crypto.subtle.digest(circle, raw)));
      const password = await crypto.subtle.importKey('raw', raw, 'PBKDF2', false, ['deriveBits']);
      console.log(await refused(() => crypto.subtle.deriveBits({ name: 'PBKDF2', salt: raw, iterations: 1e9, hash: 'SHA-1' }, password, 256)));
      console.log(await refused(() => crypto.subtle.generateKey({ name: 'RSA-PSS', modulusLength: 65536, publicExponent: new Uint8Array([1, 0, 1]), hash: 'SHA-1' }, true, ['sign'])));
    `),
  ).toEqual([
    "NotSupportedError: the algorithm 'MD5' is not supported",
    "NotSupportedError: the algorithm 'Ed25519' is not supported",
    "NotSupportedError: the algorithm 'HKDF' is not supported",
    'NotSupportedError: not implemented',
    'NotSupportedError: not implemented',
    'InvalidAccessError InvalidAccessError',
    'DataError',
    'SyntaxError',
    'TypeError TypeError',
    'TypeError',
    'OperationError: iterations is 1000000000; at most 10000000 is allowed',
    'OperationError: modulusLength is 65536; at most 8192 is allowed',
  ]);
});

test('so many calls and bytes may be under way', async () => {
  expect(
    await said(`
      const few = new Uint8Array(1);
      const much = new Uint8Array(16 * 1024 * 1024);
      const outcome = async (count, data) => {
        const all = await Promise.allSettled(Array.from({ length: count }, () => crypto.subtle.digest('SHA-1', data)));
        const wrong = all.filter((one) => one.status === 'rejected');
        return wrong.length + ' ' + wrong[0].reason.message;
      };
      console.log(await outcome(1002, few));
      console.log(await outcome(5, much));
      console.log((await crypto.subtle.digest('SHA-1', much)).byteLength);
    `),
  ).toEqual([
    '2 a VU may have 1000 calls of crypto.subtle under way; await some of them first',
    '1 calls of crypto.subtle under way hold 67108864 bytes, and 67108864 is the most; await some of them first',
    '20',
  ]);
});

test('an iteration waits for its promises, and what was cut off does not disturb the next', async () => {
  const waits = await runBody(
    `crypto.subtle.digest('SHA-256', utf8('x')).then((digest) => console.log(digest.byteLength, __ITER));`,
    { iterations: 2 },
  );
  expect(waits.logs.map(({ text }) => text)).toEqual(['32 0', '32 1']);
  expect(waits.ends).toEqual(['complete', 'complete']);
  const cut = await runBody(
    `
      const password = await crypto.subtle.importKey('raw', utf8('x'), 'PBKDF2', false, ['deriveBits']);
      const slow = (iterations) => crypto.subtle.deriveBits({ name: 'PBKDF2', salt: utf8('s'), iterations, hash: 'SHA-512' }, password, 256);
      if (__ITER === 0) { await slow(2e6); console.log('never') }
      console.log((await slow(1)).byteLength);
    `,
    { iterations: 2, interruptAfterMs: 250 },
  );
  expect(cut.logs.map(({ text }) => text)).not.toContain('never');
  expect(cut.failures).toEqual([]);
});

test('subtle works in init code, too', async () => {
  const run = await runGuest(`${imports}
    let key;
    crypto.subtle.generateKey({ name: 'AES-CBC', length: 128 }, true, ['encrypt']).then((made) => { key = made });
    export default async function () {
      console.log(key.type, (await crypto.subtle.exportKey('raw', key)).byteLength);
    }`);
  expect(run.failures).toEqual([]);
  expect(run.logs.map(({ text }) => text)).toEqual(['secret 16']);
});
