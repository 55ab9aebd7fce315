/** X.509 certificates taken apart as k6 shows them. Node parses them; what it does not tell is read from the DER. */
import { createHash, type KeyObject, X509Certificate } from 'node:crypto';
import type { CertificateName, CertificateParts } from '../../runtime/contract/ops.ts';
import { GuestError } from '../errors.ts';
import { limits } from '../limits.ts';

/** One value of DER: what it is, and its bytes. */
interface Der {
  tag: number;
  content: Buffer;
}

/** The values one after the other in these bytes, which Node has found to be well-formed. */
function valuesIn(bytes: Buffer): Der[] {
  const values: Der[] = [];
  for (let at = 0; at < bytes.length; ) {
    const tag = bytes.readUInt8(at);
    let length = bytes.readUInt8(at + 1);
    at += 2;
    if (length >= 0x80) {
      const digits = length - 0x80;
      length = bytes.readUIntBE(at, digits);
      at += digits;
    }
    values.push({ tag, content: bytes.subarray(at, at + length) });
    at += length;
  }
  return values;
}

const Tag = { bmpString: 0x1e, version: 0xa0, extensions: 0xa3 } as const;

function objectId(content: Buffer): string {
  const numbers: number[] = [];
  let number = 0;
  for (const byte of content) {
    number = number * 128 + (byte & 0x7f);
    if (byte >= 0x80) continue;
    // The first two numbers share one.
    if (numbers.length === 0) {
      const first = Math.min(2, Math.floor(number / 40));
      numbers.push(first, number - first * 40);
    } else numbers.push(number);
    number = 0;
  }
  return numbers.join('.');
}

function text({ tag, content }: Der): string {
  return tag === Tag.bmpString
    ? Buffer.from(content).swap16().toString('utf16le')
    : content.toString();
}

const attributes = {
  commonName: '2.5.4.3',
  country: '2.5.4.6',
  localityName: '2.5.4.7',
  stateOrProvinceName: '2.5.4.8',
  streetAddress: '2.5.4.9',
  organizationName: '2.5.4.10',
  organizationalUnitName: '2.5.4.11',
  postalCode: '2.5.4.17',
} as const;

function nameOf(bytes: Buffer): CertificateName {
  const names = valuesIn(bytes).flatMap((set) =>
    valuesIn(set.content).map((pair) => {
      const [type, value] = valuesIn(pair.content) as [Der, Der];
      return { type: objectId(type.content), value: text(value) };
    }),
  );
  const all = (attribute: keyof typeof attributes): string[] =>
    names.filter(({ type }) => type === attributes[attribute]).map(({ value }) => value);
  const first = (attribute: keyof typeof attributes): string => all(attribute)[0] ?? '';
  return {
    commonName: first('commonName'),
    country: first('country'),
    postalCode: first('postalCode'),
    stateOrProvinceName: first('stateOrProvinceName'),
    localityName: first('localityName'),
    streetAddress: first('streetAddress'),
    organizationName: first('organizationName'),
    organizationalUnitName: all('organizationalUnitName'),
    names,
  };
}

const alternativeNames = '2.5.29.17';
/** The kinds of alternative names k6 tells, in its order: DNS, email, IP, URI. */
const alternativeKinds = [0x82, 0x81, 0x87, 0x86];

function altNames(extensions: Buffer | undefined): string[] {
  if (extensions === undefined) return [];
  const [list] = valuesIn(extensions) as [Der];
  const extension = valuesIn(list.content)
    .map(({ content }) => valuesIn(content))
    .find((parts) => objectId((parts[0] as Der).content) === alternativeNames);
  if (extension === undefined) return [];
  const [names] = valuesIn((extension.at(-1) as Der).content) as [Der];
  const values = valuesIn(names.content);
  return alternativeKinds.flatMap((kind) =>
    values
      .filter(({ tag }) => tag === kind)
      .map(({ content }) => (kind === 0x87 ? address(content) : content.toString())),
  );
}

function address(bytes: Buffer): string {
  if (bytes.length === 4) return bytes.join('.');
  const groups = bytes.toString('hex').match(/.{4}/g) ?? [];
  // A URL writes an IPv6 address the short way.
  return new URL(`http://[${groups.join(':')}]`).hostname.slice(1, -1);
}

/** k6's words, which are Go's. */
const signatureAlgorithms: Readonly<Record<string, string>> = {
  '1.2.840.113549.1.1.4': 'MD5-RSA',
  '1.2.840.113549.1.1.5': 'SHA1-RSA',
  '1.2.840.113549.1.1.11': 'SHA256-RSA',
  '1.2.840.113549.1.1.12': 'SHA384-RSA',
  '1.2.840.113549.1.1.13': 'SHA512-RSA',
  '1.2.840.10045.4.1': 'ECDSA-SHA1',
  '1.2.840.10045.4.3.2': 'ECDSA-SHA256',
  '1.2.840.10045.4.3.3': 'ECDSA-SHA384',
  '1.2.840.10045.4.3.4': 'ECDSA-SHA512',
  '1.3.101.112': 'Ed25519',
};

function publicKey(key: KeyObject): CertificateParts['publicKey'] {
  const bytes = (part: string | undefined): number[] => [...Buffer.from(part ?? '', 'base64url')];
  switch (key.asymmetricKeyType) {
    case 'rsa': {
      const { n, e } = key.export({ format: 'jwk' });
      const exponent = bytes(e).reduce((sum, byte) => sum * 256 + byte, 0);
      return { algorithm: 'RSA', key: { e: exponent, n: bytes(n) } };
    }
    case 'ec': {
      const { crv, x, y } = key.export({ format: 'jwk' });
      return { algorithm: 'ECDSA', key: { curve: crv ?? '', x: bytes(x), y: bytes(y) } };
    }
    default:
      throw new GuestError(
        `the certificate has a public key of the kind '${key.asymmetricKeyType}'; RSA and ECDSA can be read`,
      );
  }
}

/** Reads one certificate in PEM. */
export function parseCertificate(pem: string): CertificateParts {
  if (pem.length > limits.certificateBytes) {
    throw new GuestError(
      `the certificate has ${pem.length} characters; at most ${limits.certificateBytes} are read`,
      'RangeError',
    );
  }
  if (!pem.includes('-----BEGIN CERTIFICATE-----')) {
    throw new GuestError('failed to decode certificate PEM file');
  }
  try {
    return partsOf(new X509Certificate(pem));
  } catch (thrown) {
    if (thrown instanceof GuestError) throw thrown;
    // Also of what Node does not look into, such as extensions.
    throw new GuestError('failed to parse certificate');
  }
}

function partsOf(certificate: X509Certificate): CertificateParts {
  const [whole] = valuesIn(certificate.raw) as [Der];
  const [body, signature] = valuesIn(whole.content) as [Der, Der];
  const [algorithm] = valuesIn(signature.content) as [Der];
  const fields = valuesIn(body.content);
  if (fields[0]?.tag === Tag.version) fields.shift();
  // serialNumber, signature, issuer, validity, subject
  const [, , issuer, , subject] = fields as [Der, Der, Der, Der, Der];
  const time = (shown: string): string => new Date(shown).toISOString().replace('.000', '');
  const id = objectId(algorithm.content);
  return {
    subject: nameOf(subject.content),
    issuer: nameOf(issuer.content),
    notBefore: time(certificate.validFrom),
    notAfter: time(certificate.validTo),
    altNames: altNames(fields.find(({ tag }) => tag === Tag.extensions)?.content),
    signatureAlgorithm: signatureAlgorithms[id] ?? id,
    fingerPrint: [...createHash('sha1').update(certificate.raw).digest()],
    publicKey: publicKey(certificate.publicKey),
  };
}
