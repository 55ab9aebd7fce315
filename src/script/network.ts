/** Options that say how names become addresses, which of them are out of bounds, and how TLS is spoken. */
import { isIP } from 'node:net';
import { parseDuration } from '../duration.ts';
import type { NetworkConfig } from './config.ts';
import {
  child,
  type Field,
  isObject,
  isSet,
  list,
  oneOf,
  type Problems,
  type Reader,
  refuseUnknown,
  shown,
  text,
} from './field.ts';
import { didYouMean } from './nearest.ts';

export const dnsSelects = ['first', 'random', 'roundRobin'] as const;
export const dnsPolicies = ['preferIPv4', 'preferIPv6', 'onlyIPv4', 'onlyIPv6', 'any'] as const;
/** k6's own defaults. */
export const dnsDefault: NetworkConfig['dns'] = {
  ttlMs: 300_000,
  select: 'random',
  policy: 'preferIPv4',
};
const dnsExample = "{ ttl: '5m', select: 'random', policy: 'preferIPv4' }";

/** `{ ttl, select, policy }`, or the same as text: `ttl=5m,select=random`. */
export const dns: Reader<NetworkConfig['dns']> = (field, problems) => {
  const given = typeof field.value === 'string' ? dnsParts(field.value) : field.value;
  if (!isObject(given)) {
    problems.add(
      field,
      `must be an object such as ${dnsExample}, or text such as 'ttl=5m,select=random', not ${shown(field.value)}`,
    );
    return undefined;
  }
  const parts: Field = { ...field, value: given };
  refuseUnknown(parts, ['ttl', 'select', 'policy'], problems);
  const read = <T>(key: string, reader: Reader<T>, otherwise: T): T => {
    const place = child(parts, key);
    return isSet(place.value) ? (reader(place, problems) ?? otherwise) : otherwise;
  };
  return {
    ttlMs: read('ttl', ttl, dnsDefault.ttlMs),
    select: read('select', oneOf(dnsSelects), dnsDefault.select),
    policy: read('policy', oneOf(dnsPolicies), dnsDefault.policy),
  };
};

function dnsParts(value: string): Record<string, string> | undefined {
  const pairs = value.split(',').map((part) => part.split('='));
  return pairs.every((pair) => pair.length === 2)
    ? Object.fromEntries(pairs.map(([key = '', part = '']) => [key.trim(), part.trim()]))
    : undefined;
}

const ttl: Reader<number> = (field, problems) => {
  const ms = field.value === 'inf' ? Infinity : parseDuration(field.value);
  if (ms !== undefined && ms >= 0) return ms;
  problems.add(
    field,
    `must be a duration such as '5m', or '0' or 'inf', not ${shown(field.value)}`,
  );
  return undefined;
};

const network: Reader<string> = (field, problems) => {
  const value = text(field, problems);
  if (value === undefined) return undefined;
  const [address = '', prefix, ...more] = value.split('/');
  const bits = isIP(address) === 6 ? 128 : 32;
  const isRight =
    isIP(address) !== 0 &&
    more.length === 0 &&
    (prefix === undefined || (/^\d{1,3}$/.test(prefix) && Number(prefix) <= bits));
  if (isRight) return prefix === undefined ? `${address}/${bits}` : value;
  problems.add(field, `${shown(value)} is no network; write for example '10.0.0.0/8'`);
  return undefined;
};
/** Networks as `address/prefix`. */
export const networks: Reader<string[]> = list(network, 10_000, "['10.0.0.0/8']");

const pattern: Reader<string> = (field, problems) => {
  const value = text(field, problems);
  if (value === undefined) return undefined;
  if (/^\*?[^\s*/:]*$/.test(value) && value !== '') return value.toLowerCase();
  problems.add(
    field,
    `invalid hostname pattern ${shown(value)}; write a name, with a '*' at its beginning only, such as '*.example.com'`,
  );
  return undefined;
};
/** Names in lower case, some with a leading `*`. */
export const hostPatterns: Reader<string[]> = list(pattern, 10_000, "['*.example.com']");

/** k6's names of TLS versions, and Node's. */
const tlsVersions = {
  'tls1.0': 'TLSv1',
  'tls1.1': 'TLSv1.1',
  'tls1.2': 'TLSv1.2',
  'tls1.3': 'TLSv1.3',
} as const;
export type TlsVersion = (typeof tlsVersions)[keyof typeof tlsVersions];

function versionName(field: Field, problems: Problems): TlsVersion | undefined {
  const value = text(field, problems);
  if (value === undefined) return undefined;
  if (Object.hasOwn(tlsVersions, value)) return tlsVersions[value as keyof typeof tlsVersions];
  problems.add(
    field,
    `unknown TLS version '${value}'; vurun has ${Object.keys(tlsVersions).join(', ')}`,
  );
  return undefined;
}

/** One version, or `{ min, max }`. */
export const tlsVersion: Reader<NetworkConfig['tlsVersion']> = (field, problems) => {
  if (!isObject(field.value)) {
    const only = versionName(field, problems);
    return only && { min: only, max: only };
  }
  refuseUnknown(field, ['min', 'max'], problems);
  const [min, max] = ['min', 'max'].map((key) => {
    const place = child(field, key);
    return isSet(place.value) && place.value !== '' ? versionName(place, problems) : undefined;
  });
  const order = Object.values(tlsVersions);
  if (min !== undefined && max !== undefined && order.indexOf(min) > order.indexOf(max)) {
    problems.add(field, 'min is a later version than max');
  }
  return { ...(min === undefined ? {} : { min }), ...(max === undefined ? {} : { max }) };
};

/** Go's names of cipher suites, which are those of the standard, and OpenSSL's. */
const cipherSuites: Readonly<Record<string, string>> = {
  TLS_AES_128_GCM_SHA256: 'TLS_AES_128_GCM_SHA256',
  TLS_AES_256_GCM_SHA384: 'TLS_AES_256_GCM_SHA384',
  TLS_CHACHA20_POLY1305_SHA256: 'TLS_CHACHA20_POLY1305_SHA256',
  TLS_RSA_WITH_AES_128_CBC_SHA: 'AES128-SHA',
  TLS_RSA_WITH_AES_256_CBC_SHA: 'AES256-SHA',
  TLS_RSA_WITH_AES_128_CBC_SHA256: 'AES128-SHA256',
  TLS_RSA_WITH_AES_128_GCM_SHA256: 'AES128-GCM-SHA256',
  TLS_RSA_WITH_AES_256_GCM_SHA384: 'AES256-GCM-SHA384',
  TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA: 'ECDHE-ECDSA-AES128-SHA',
  TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA: 'ECDHE-ECDSA-AES256-SHA',
  TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256: 'ECDHE-ECDSA-AES128-SHA256',
  TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256: 'ECDHE-ECDSA-AES128-GCM-SHA256',
  TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384: 'ECDHE-ECDSA-AES256-GCM-SHA384',
  TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305: 'ECDHE-ECDSA-CHACHA20-POLY1305',
  TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256: 'ECDHE-ECDSA-CHACHA20-POLY1305',
  TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA: 'ECDHE-RSA-AES128-SHA',
  TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA: 'ECDHE-RSA-AES256-SHA',
  TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256: 'ECDHE-RSA-AES128-SHA256',
  TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256: 'ECDHE-RSA-AES128-GCM-SHA256',
  TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384: 'ECDHE-RSA-AES256-GCM-SHA384',
  TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305: 'ECDHE-RSA-CHACHA20-POLY1305',
  TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256: 'ECDHE-RSA-CHACHA20-POLY1305',
};

const cipherSuite: Reader<string> = (field, problems) => {
  const value = text(field, problems);
  if (value === undefined) return undefined;
  if (Object.hasOwn(cipherSuites, value)) return cipherSuites[value];
  problems.add(
    field,
    /_(RC4|3DES)_/.test(value)
      ? `'${value}' is too weak for this OpenSSL, which has it no more`
      : `unknown cipher suite '${value}'${didYouMean(value, Object.keys(cipherSuites))}`,
  );
  return undefined;
};
/** Cipher suites by OpenSSL's names. */
export const tlsCipherSuites: Reader<string[]> = list(
  cipherSuite,
  100,
  "['TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256']",
);
