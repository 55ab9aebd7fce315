/** k6 scripts with `k6/crypto`, `k6/crypto/x509`, `k6/secrets` and WebCrypto, through the command line. */
import { createHash, createHmac } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { count, logLines, runCli, runScript, said } from './support/cli.ts';

describe('k6/crypto', () => {
  test('has every function of k6, by name and in its default export', async () => {
    const run = await runScript(`
      import crypto, { createHash, createHMAC, hexEncode, hmac, md5, randomBytes, sha256 } from 'k6/crypto';
      import encoding from 'k6/encoding';
      const names = ['md5', 'sha1', 'sha256', 'sha384', 'sha512', 'sha512_224', 'sha512_256', 'ripemd160'];
      export default function () {
        console.log(names.map((name) => crypto[name]('hello', 'hex')).join(' '));
        console.log(md5 === crypto.md5, sha256('hello', 'base64rawurl'), crypto.hmac('sha1', 'key', 'hello', 'base64'));
        const hasher = createHash('sha256');
        hasher.update('hello');
        const mac = createHMAC('sha512', 'key');
        mac.update(new Uint8Array([104, 105]).buffer);
        console.log(hasher.digest('hex'), mac.digest('hex'));
        console.log(hexEncode(sha256('x', 'binary')) === sha256('x', 'hex'), randomBytes(5).byteLength);
        for (const wrong of [() => sha256('x'), () => createHash('md5').digest('x'), () => randomBytes(0), () => encoding.b64decode('§'), () => hmac('nope', 'k', 'd', 'hex'), () => createHash('nope'), () => crypto.md4('x', 'hex')]) {
          try { wrong() } catch (e) { console.log(String(e)) }
        }
      }`);
    expect(run.exitCode).toBe(0);
    const hash = (name: string): string => createHash(name).update('hello').digest('hex');
    expect(said(run)).toEqual([
      ['md5', 'sha1', 'sha256', 'sha384', 'sha512', 'sha512-224', 'sha512-256', 'ripemd160']
        .map(hash)
        .join(' '),
      `true ${Buffer.from(hash('sha256'), 'hex').toString('base64url')} ${createHmac('sha1', 'key').update('hello').digest('base64')}`,
      `${hash('sha256')} ${createHmac('sha512', 'key').update('hi').digest('hex')}`,
      'true 5',
      'GoError: invalid output encoding: undefined',
      'GoError: invalid output encoding: x',
      'GoError: invalid size',
      expect.stringMatching(/^GoError: /),
      'GoError: invalid algorithm: nope',
      'GoError: invalid algorithm: nope',
      expect.stringMatching(/^GoError: md4 is not there: .*--openssl-legacy-provider$/),
    ]);
  });

  test('has md4 where OpenSSL has it', async () => {
    const run = await runScript(
      `import crypto from 'k6/crypto';
export default function () {
  const hasher = crypto.createHash('md4');
  hasher.update('ab');
  hasher.update('c');
  console.log(crypto.md4('abc', 'hex'), hasher.digest('hex'));
}`,
      [],
      { env: { NODE_OPTIONS: '--openssl-legacy-provider' } },
    );
    expect(said(run)).toEqual([
      'a448017aaf21d8525fc10ae87aa6729d a448017aaf21d8525fc10ae87aa6729d',
    ]);
  });

  test('reads certificates', async () => {
    const run = await runScript(
      `
      import x509, { getAltNames, getIssuer, getSubject, parse } from 'k6/crypto/x509';
      const pem = open('cert.pem');
      export default function () {
        console.log(parse(pem).signatureAlgorithm, getSubject(pem).commonName, getIssuer(pem).commonName, getAltNames(pem).length, x509.parse === parse);
      }`,
      [],
      {
        files: {
          'cert.pem': `-----BEGIN CERTIFICATE-----
MIIBcjCCARegAwIBAgIULmJ8+4ZbgjKM9shVpz4SjoWfYY8wCgYIKoZIzj0EAwIw
DTELMAkGA1UEAwwCZWMwIBcNMjYxMTIxMTY1NTAwWhgPMjEyNjEwMjgxNjU1MDBa
MA0xCzAJBgNVBAMMAmVjMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAETZ+KT9kv
fg2k7kWybinZbGMWmKSVLJj8X5xQZWZCDi1Szz0mHLUst1et3Q3C8xVeYSc/RP9H
mBHt1rFvD5YG4aNTMFEwHQYDVR0OBBYEFHSB0R6lrvBDvAfUXtWGUxyHEm7KMB8G
A1UdIwQYMBaAFHSB0R6lrvBDvAfUXtWGUxyHEm7KMA8GA1UdEwEB/wQFMAMBAf8w
CgYIKoZIzj0EAwIDSQAwRgIhAMnvgKwhJFhaYHzKtTpTbrAgUbM0QeajpEFoQ2a2
OA1gAiEA9TYqKyWOX6lx+UG3Aa+pBhcRCaFWwPbu2FDTgWsX9Lo=
-----END CERTIFICATE-----
`,
        },
      },
    );
    expect(said(run)).toEqual(['ECDSA-SHA256 ec ec 0 true']);
  });
});

test('crypto.subtle works beside calls that block', async () => {
  const run = await runScript(`
    import { check, sleep } from 'k6';
    import { b64encode } from 'k6/encoding';
    const text = new TextEncoder();
    async function sign(data) {
      const key = await crypto.subtle.importKey('raw', text.encode('key'), { name: 'HMAC', hash: 'SHA-256' }, false, ['sign']);
      return b64encode(await crypto.subtle.sign('HMAC', key, text.encode(data)), 'rawurl');
    }
    export const options = { vus: 2, iterations: 6 };
    export async function setup() { return { signed: await sign('setup') } }
    export default async function (data) {
      sleep(0.001);
      const signed = await sign('setup');
      sleep(0.001);
      check(signed, { same: (s) => s === data.signed });
      crypto.subtle.digest('SHA-1', crypto.getRandomValues(new Uint8Array(8))).then((d) => { sleep(0.001); check(d, { later: (d) => d.byteLength === 20 }) });
    }`);
  expect(run.exitCode).toBe(0);
  expect(run.summary?.root_group.checks).toMatchObject({
    same: { passes: 6, fails: 0 },
    later: { passes: 6, fails: 0 },
  });
  expect(count(run, 'iterations')).toBe(6);
});

test('k6/experimental/webcrypto is gone, as in k6', async () => {
  const run = await runScript(
    `import { crypto } from 'k6/experimental/webcrypto'; export default () => { crypto.randomUUID() }`,
  );
  expect(run.exitCode).toBe(107);
  expect(run.stderr).toContain(
    "'k6/experimental/webcrypto': k6 has removed this module; use the global crypto",
  );
});

describe('k6/secrets', () => {
  const script = `
    import secrets from 'k6/secrets';
    export default async function () {
      const token = await secrets.get('token');
      console.log('token', token, token.length);
      console.log(JSON.stringify({ token }));
      // The log cuts long lines, perhaps in the middle of a secret.
      console.log('-'.repeat(8 * 1024 - 4) + token);
      try { await secrets.get('nope') } catch (e) { console.log(e.message) }
      try { secrets.source('nope') } catch (e) { console.log(e.message) }
    }`;

  test('come from a file, and the log does not show them', async () => {
    const run = await runScript(script, ['--secret-source', 'file=my.secret'], {
      files: { 'my.secret': '# mine\ntoken=s3cr"t=x\n\nother = y\n' },
    });
    expect(run.exitCode).toBe(0);
    expect(run.stderr).not.toContain('s3c');
    expect(said(run).filter((line) => !line.startsWith('-'))).toEqual([
      'token ***SECRET_REDACTED*** 8',
      '{"token":"***SECRET_REDACTED***"}',
      "no value for the secret 'nope'",
      "there is no secret source 'nope'; there is file",
    ]);
  });

  test('come from variables and from several sources, of which one is the default', async () => {
    const run = await runScript(
      `
      import secrets from 'k6/secrets';
      export default async function () {
        const all = [await secrets.get('A'), await secrets.source('one').get('TOKEN'), await (await secrets.source('two')).get('k')];
        console.log(all.map((value) => value.length).join(), all.join());
        throw new Error('leaks ' + all[1]);
      }`,
      [
        '--secret-source=env=name=one,TOKEN',
        '--secret-source=env=default,SECRET_*',
        '--secret-source=mock=name=two,k=four',
      ],
      { env: { TOKEN: 'first-token', SECRET_A: 'first' } },
    );
    expect(said(run)).toEqual([
      '5,11,4 ***SECRET_REDACTED***,***SECRET_REDACTED***,***SECRET_REDACTED***',
    ]);
    expect(logLines(run, 'error').join()).toContain('leaks ***SECRET_REDACTED***');
    expect(run.stderr).not.toContain('first-token');
  });

  test('are kept out of the last word of a run that fails', async () => {
    const run = await runScript(
      `
      import secrets from 'k6/secrets';
      export async function setup() { throw new Error('no luck with ' + await secrets.get('k')) }
      export default () => {}`,
      ['--secret-source=mock=k=hidden'],
    );
    expect(run.exitCode).toBe(107);
    expect(run.stderr).toContain('no luck with ***SECRET_REDACTED***');
    expect(run.stderr).not.toContain('hidden');
  });

  test('say what is wrong: all of it, and none of the values', async () => {
    const none = await runScript(`
      import secrets from 'k6/secrets';
      export default async function () { await secrets.get('k') }`);
    expect(logLines(none, 'error').join()).toContain(
      'no secret sources are configured; name one with --secret-source',
    );
    const wrong = await runCli(
      [
        'run',
        'main.js',
        '--secret-source=file=absent',
        '--secret-source=file=name=b,bad.secret',
        '--secret-source=url=x.json',
        '--secret-source=vault=x',
        '--secret-source=env=ABSENT_1',
        '--secret-source=env',
        '--secret-source=mock=default,a=1',
        '--secret-source=mock=default,name=m,a=1',
      ],
      { files: { 'main.js': 'export default () => {}', 'bad.secret': 'k=v\nhidden\n' } },
    );
    expect(wrong.exitCode).toBe(104);
    for (const problem of [
      "--secret-source file: 'absent' cannot be read: ",
      "--secret-source file: line 2 of 'bad.secret': every secret is written key=value",
      '--secret-source url: vurun does not have this kind of source yet',
      '--secret-source vault: there is no such kind of source; there are file, env, mock',
      "--secret-source env: the environment has no variable 'ABSENT_1'",
      '--secret-source env: name the variables: env=TOKEN,PASSWORD',
      '--secret-source: mock and m cannot both be the default',
    ]) {
      expect(wrong.stderr).toContain(problem);
    }
    expect(wrong.stderr).not.toContain('hidden');
  });
});
