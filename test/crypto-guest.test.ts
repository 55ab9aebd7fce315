/** Hashes, certificates and `crypto.subtle` in a real VU, with node:crypto as the oracle. */
import { createHash, createHmac, X509Certificate } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { type GuestOptions, type GuestRun, runGuest } from './support/guest.ts';

const imports = `
  import { createHash, createHMAC, hash, hexEncode, hmac, parseCertificate, randomBytes } from 'vurun/crypto';
  import secrets from 'vurun/secrets';
  const attempt = (f) => { try { return f() } catch (e) { return e.name + ': ' + e.message } };
  const refused = async (f) => { try { return await f() } catch (e) { return e.name + ': ' + e.message } };
  const hex = (b) => hexEncode(b);
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

const nodeNames: Record<string, string> = {
  md5: 'md5',
  ripemd160: 'ripemd160',
  sha1: 'sha1',
  sha256: 'sha256',
  sha384: 'sha384',
  sha512: 'sha512',
  sha512_224: 'sha512-224',
  sha512_256: 'sha512-256',
};

describe('hash and hmac', () => {
  test('give what OpenSSL gives, of text and of bytes, with every algorithm', async () => {
    const texts = ['', 'abc', 'grüße \u{1f600}', 'a\0b'];
    const lines = await said(`
      for (const algorithm of ${JSON.stringify(Object.keys(nodeNames))}) {
        for (const text of ${JSON.stringify(texts)}) {
          console.log(hash(algorithm, text, 'hex'), hash(algorithm, utf8(text), 'hex'), hmac(algorithm, 'kéy', text, 'hex'));
        }
      }
    `);
    const expected = Object.values(nodeNames).flatMap((name) =>
      texts.map((text) => {
        const digest = createHash(name).update(text).digest('hex');
        return `${digest} ${digest} ${createHmac(name, 'kéy').update(text).digest('hex')}`;
      }),
    );
    expect(lines).toEqual(expected);
  });

  test('agree with RFC 4231 and FIPS 180', async () => {
    expect(
      await said(`
        console.log(hash('sha256', 'abc', 'hex'));
        console.log(hmac('sha256', new Uint8Array(20).fill(0x0b), 'Hi There', 'hex'));
        console.log(hmac('sha512', 'Jefe', 'what do ya want for nothing?', 'hex').slice(0, 16));
      `),
    ).toEqual([
      'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
      'b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7',
      '164b7a7bfcf819e2',
    ]);
  });

  test('write the result in every encoding', async () => {
    // The SHA-1 of this has + and / in base64.
    const digest = createHash('sha1').update('x2').digest();
    const base64 = digest.toString('base64');
    expect(
      await said(`
        for (const encoding of ['hex', 'base64', 'base64url', 'base64rawurl']) console.log(hash('sha1', 'x2', encoding));
        const binary = hash('sha1', 'x2', 'binary');
        console.log(binary instanceof ArrayBuffer, hex(binary));
      `),
    ).toEqual([
      digest.toString('hex'),
      base64,
      base64.replaceAll('+', '-').replaceAll('/', '_'),
      digest.toString('base64url'),
      `true ${digest.toString('hex')}`,
    ]);
  });

  test('see just the part of a buffer that a view shows', async () => {
    expect(
      await said(`
        const all = new Uint8Array([9, 97, 98, 99, 9]);
        console.log(hash('md5', all.subarray(1, 4), 'hex'), hash('md5', new DataView(all.buffer, 1, 3), 'hex'), hash('md5', 'abc', 'hex'));
      `),
    ).toEqual([Array.from({ length: 3 }, () => '900150983cd24fb0d6963f7d28e17f72').join(' ')]);
  });

  test('take parts, and tell the hash of those so far', async () => {
    const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
    expect(
      await said(`
        const hasher = createHash('sha256');
        console.log(hasher.digest('hex'));
        hasher.update('hello ');
        console.log(hasher.digest('hex'));
        hasher.update(utf8('wor').buffer);
        hasher.update('ld');
        console.log(hasher.digest('hex'), hasher.digest('base64'));
        const mac = createHMAC('sha1', 'secret');
        mac.update('hello ');
        mac.update('world');
        console.log(mac.digest('hex'));
      `),
    ).toEqual([
      sha256(''),
      sha256('hello '),
      `${sha256('hello world')} ${createHash('sha256').update('hello world').digest('base64')}`,
      createHmac('sha1', 'secret').update('hello world').digest('hex'),
    ]);
  });

  test('say what is wrong', async () => {
    expect(
      await said(`
        console.log(attempt(() => hash('nope', 'a', 'hex')));
        console.log(attempt(() => hash('constructor', 'a', 'hex')));
        console.log(attempt(() => hash('md4', 'a', 'hex')));
        console.log(attempt(() => createHash('nope')));
        console.log(attempt(() => createHMAC('nope', 'a')));
        console.log(attempt(() => hash('md5', 'a', 'x')));
        console.log(attempt(() => hash('md5', 'a')));
        console.log(attempt(() => hash('md5', 5, 'hex')));
        console.log(attempt(() => createHMAC('md5')));
        console.log(attempt(() => randomBytes(0)));
      `),
    ).toEqual([
      'TypeError: invalid algorithm: nope',
      'TypeError: invalid algorithm: constructor',
      expect.stringMatching(/^TypeError: md4 is not there: .*--openssl-legacy-provider$/),
      'TypeError: invalid algorithm: nope',
      'TypeError: invalid algorithm: nope',
      'TypeError: invalid output encoding: x',
      'TypeError: invalid output encoding: undefined',
      'TypeError: hash(algorithm, input): input, when it is no text, must be an ArrayBuffer or a view of one',
      'TypeError: createHMAC(algorithm, secret): secret, when it is no text, must be an ArrayBuffer or a view of one',
      'RangeError: invalid size',
    ]);
  });

  test('random bytes come in any number, and hexEncode writes bytes', async () => {
    expect(
      await said(`
        const many = new Uint8Array(randomBytes(200_000));
        console.log(many.length, many.subarray(-64).some((byte) => byte > 0), randomBytes(1).byteLength);
        console.log(hexEncode('hé'), hexEncode(new Uint8Array([0, 15, 255]).buffer));
      `),
    ).toEqual(['200000 true 1', '68c3a9 000fff']);
  });
});

// Made with: openssl req -x509 -newkey rsa:1024 / ec:prime256v1, with subjectAltName.
const rsaPem = `-----BEGIN CERTIFICATE-----
MIIDiTCCAvKgAwIBAgIUP6SM3IIBUArPwLDbJPUCa51UOq4wDQYJKoZIhvcNAQEL
BQAwgZ8xCzAJBgNVBAYTAkRFMQ8wDQYDVQQIDAZCYXllcm4xETAPBgNVBAcMCE3D
vG5jaGVuMRQwEgYDVQQJDAtIYXVwdHN0ci4gMTEOMAwGA1UEEQwFODAzMzExEDAO
BgNVBAoMB0V4YW1wbGUxDDAKBgNVBAsMA09uZTEMMAoGA1UECwwDVHdvMRgwFgYD
VQQDDA9hcGkuZXhhbXBsZS5jb20wIBcNMjYxMTIxMTY1NTAwWhgPMjEyNjEwMjgx
NjU1MDBaMIGfMQswCQYDVQQGEwJERTEPMA0GA1UECAwGQmF5ZXJuMREwDwYDVQQH
DAhNw7xuY2hlbjEUMBIGA1UECQwLSGF1cHRzdHIuIDExDjAMBgNVBBEMBTgwMzMx
MRAwDgYDVQQKDAdFeGFtcGxlMQwwCgYDVQQLDANPbmUxDDAKBgNVBAsMA1R3bzEY
MBYGA1UEAwwPYXBpLmV4YW1wbGUuY29tMIGfMA0GCSqGSIb3DQEBAQUAA4GNADCB
iQKBgQDJegpYbPbJW212XJ3dKop5yEM2K86PFskbNdh1t1HuiBHGraUyfyDHWjTL
4zsJxYIIR+XNnNvMfh1lkfOeVU+L/YmMNMTVkKongvPxlHYdZGPZsIgfxnbF3Lxw
xVakzJRPqAI00t3xewiE2UGhsX9NHZ4hu0zg5z3eNGf0kIFaiwIDAQABo4G9MIG6
MB0GA1UdDgQWBBRyJkzHmchf7cWqAGxZnqy09zOJzDAfBgNVHSMEGDAWgBRyJkzH
mchf7cWqAGxZnqy09zOJzDAPBgNVHRMBAf8EBTADAQH/MGcGA1UdEQRgMF6GFWh0
dHBzOi8vZXhhbXBsZS5jb20veIIPYXBpLmV4YW1wbGUuY29tgg0qLmV4YW1wbGUu
Y29thwR/AAABhxAgAQ24AAAAAAAAAAAAAAABgQ1hQGV4YW1wbGUuY29tMA0GCSqG
SIb3DQEBCwUAA4GBAKkQoUMebXaJvtEsulWM/QtaCA009O22zE1BIJRSLislq/Jg
H9lhEiI2coBrrwhjSv0eFPeoA/dWGzgHQna1CjrVOdxhyzPxHKCpL0H4qDzqrqaM
clfm05l5Nw2WgN+PGeTsgIwfiOYFb3aQVFPdou0GWxTqUA8t7NGolD5vAkcm
-----END CERTIFICATE-----
`;
const ecPem = `-----BEGIN CERTIFICATE-----
MIIBcjCCARegAwIBAgIULmJ8+4ZbgjKM9shVpz4SjoWfYY8wCgYIKoZIzj0EAwIw
DTELMAkGA1UEAwwCZWMwIBcNMjYxMTIxMTY1NTAwWhgPMjEyNjEwMjgxNjU1MDBa
MA0xCzAJBgNVBAMMAmVjMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAETZ+KT9kv
fg2k7kWybinZbGMWmKSVLJj8X5xQZWZCDi1Szz0mHLUst1et3Q3C8xVeYSc/RP9H
mBHt1rFvD5YG4aNTMFEwHQYDVR0OBBYEFHSB0R6lrvBDvAfUXtWGUxyHEm7KMB8G
A1UdIwQYMBaAFHSB0R6lrvBDvAfUXtWGUxyHEm7KMA8GA1UdEwEB/wQFMAMBAf8w
CgYIKoZIzj0EAwIDSQAwRgIhAMnvgKwhJFhaYHzKtTpTbrAgUbM0QeajpEFoQ2a2
OA1gAiEA9TYqKyWOX6lx+UG3Aa+pBhcRCaFWwPbu2FDTgWsX9Lo=
-----END CERTIFICATE-----
`;

test('certificates are taken apart', async () => {
  const [rsa, ec, ...wrong] = await said(`
    console.log(JSON.stringify(parseCertificate(${JSON.stringify(rsaPem)})));
    console.log(JSON.stringify(parseCertificate(${JSON.stringify(ecPem)})));
    console.log(attempt(() => parseCertificate('nothing')));
    console.log(attempt(() => parseCertificate('-----BEGIN CERTIFICATE-----\\nAAAA\\n-----END CERTIFICATE-----')));
  `);
  const known = new X509Certificate(rsaPem);
  const parts = JSON.parse(rsa as string);
  expect(parts).toMatchObject({
    subject: {
      commonName: 'api.example.com',
      country: 'DE',
      stateOrProvinceName: 'Bayern',
      localityName: 'München',
      organizationName: 'Example',
      organizationalUnitName: ['One', 'Two'],
      streetAddress: 'Hauptstr. 1',
      postalCode: '80331',
    },
    notBefore: new Date(known.validFrom).toISOString().replace('.000', ''),
    notAfter: new Date(known.validTo).toISOString().replace('.000', ''),
    altNames: [
      'api.example.com',
      '*.example.com',
      'a@example.com',
      '127.0.0.1',
      '2001:db8::1',
      'https://example.com/x',
    ],
    signatureAlgorithm: 'SHA256-RSA',
    publicKey: { algorithm: 'RSA', key: { e: 65537 } },
  });
  expect(parts.issuer).toEqual(parts.subject);
  expect(parts.subject.names[0]).toEqual({ type: '2.5.4.6', value: 'DE' });
  expect(Buffer.from(parts.fingerPrint).toString('hex')).toBe(
    known.fingerprint.replaceAll(':', '').toLowerCase(),
  );
  expect(Buffer.from(parts.publicKey.key.n).toString('base64url')).toBe(
    known.publicKey.export({ format: 'jwk' }).n,
  );
  expect(JSON.parse(ec as string)).toMatchObject({
    signatureAlgorithm: 'ECDSA-SHA256',
    altNames: [],
    publicKey: { algorithm: 'ECDSA', key: { curve: 'P-256' } },
  });
  expect(wrong).toEqual([
    'Error: failed to decode certificate PEM file',
    'Error: failed to parse certificate',
  ]);
});
