/** Where a connection goes and how: what HTTP and WebSocket have in common before the first byte. */
import {
  createSecureContext,
  DEFAULT_CIPHERS,
  rootCertificates,
  type SecureContext,
  type SecureContextOptions,
} from 'node:tls';
import { GuestError, messageOf } from '../errors.ts';
import type { ProtocolSettings } from './contract.ts';

export interface DialTarget {
  /** Name or address to connect to, IPv6 without brackets. */
  host: string;
  port: number;
}

/**
 * Applies the `hosts` option: `host:port` wins over `host`, an exact name over `*.` wildcards, a longer
 * wildcard over a shorter one. Only the dial changes; the Host header and SNI keep the name of the URL.
 */
export function resolveHost(
  settings: ProtocolSettings,
  hostname: string,
  port: number,
): DialTarget {
  const name = bare(hostname).toLowerCase();
  const { hosts } = settings;
  let target: string | undefined;
  let best = -1;
  for (const pattern in hosts) {
    const rank = match(pattern.toLowerCase(), name, port);
    if (rank > best) {
      best = rank;
      target = hosts[pattern];
    }
  }
  if (target === undefined) return { host: name, port };
  // `[v6]:port`, `v4:port` and `name:port` carry a port; a bare IPv6 address has several colons.
  const parts = /^\[(.+)\](?::(\d+))?$/.exec(target) ?? /^([^:]+):(\d+)$/.exec(target);
  if (parts === null) return { host: target, port };
  return { host: parts[1] as string, port: parts[2] === undefined ? port : Number(parts[2]) };
}

/** How well a pattern of `hosts` fits, or -1: longer is better, exact beats wildcard, a port beats none. */
function match(pattern: string, name: string, port: number): number {
  const withPort = pattern.endsWith(`:${port}`);
  const host = withPort ? bare(pattern.slice(0, pattern.lastIndexOf(':'))) : bare(pattern);
  const portRank = withPort ? 0.5 : 0;
  if (host === name) return 1_000 + portRank;
  if (bare(pattern) === name) return 1_000;
  return covers(host, name) ? host.length + portRank : -1;
}

function covers(pattern: string, name: string): boolean {
  return pattern.startsWith('*.') && name.endsWith(pattern.slice(1)) && name !== pattern.slice(2);
}

function bare(hostname: string): string {
  return hostname.startsWith('[') && hostname.endsWith(']') ? hostname.slice(1, -1) : hostname;
}

/** The local address a VU connects from, as k6 hands them out: VU n gets the (n-1 mod count)th. */
export function localAddressFor(settings: ProtocolSettings, vuId: number): string | undefined {
  const { localAddresses } = settings;
  return localAddresses[Math.max(vuId - 1, 0) % localAddresses.length];
}

/** What the options tlsVersion and tlsCipherSuites ask of a context; nothing when they are not set. */
export function tlsRules({ tlsVersion, tlsCipherSuites }: ProtocolSettings): SecureContextOptions {
  const { min, max } = tlsVersion;
  const isOld = [min, max].some((version) => version === 'TLSv1' || version === 'TLSv1.1');
  // As in Go, the suites of TLS 1.3 cannot be switched off.
  const chosen =
    tlsCipherSuites.length === 0
      ? DEFAULT_CIPHERS
      : [
          ...DEFAULT_CIPHERS.split(':').filter((name) => name.startsWith('TLS_')),
          ...tlsCipherSuites,
        ].join(':');
  return {
    ...(min !== undefined || isOld ? { minVersion: min ?? 'TLSv1' } : {}),
    ...(max === undefined ? {} : { maxVersion: max }),
    // OpenSSL speaks the old versions only when it is told not to mind.
    ...(isOld || tlsCipherSuites.length > 0
      ? { ciphers: isOld ? `${chosen}:@SECLEVEL=0` : chosen }
      : {}),
  };
}

export interface DialTls {
  rejectUnauthorized: boolean;
  secureContext: SecureContext;
}

/** Reading a hundred authorities takes milliseconds, so contexts are made once per settings and client certificate. */
const contexts = new WeakMap<ProtocolSettings, Map<object, SecureContext>>();

/**
 * What `tls.connect` needs to trust and to prove for a host. Throws `GuestError` when the certificates
 * of the options cannot be read.
 */
export function tlsOptionsFor(settings: ProtocolSettings, hostname: string): DialTls {
  const name = bare(hostname).toLowerCase();
  const auth = settings.tlsAuth.find(
    ({ domains }) =>
      domains === undefined ||
      domains.length === 0 ||
      domains.some((d) => d.toLowerCase() === name || covers(d.toLowerCase(), name)),
  );
  let byAuth = contexts.get(settings);
  if (byAuth === undefined) contexts.set(settings, (byAuth = new Map()));
  const key = auth ?? settings;
  let secureContext = byAuth.get(key);
  if (secureContext === undefined) {
    try {
      secureContext = createSecureContext({
        ...tlsRules(settings),
        ...(settings.tlsCA.length > 0 && { ca: [...rootCertificates, ...settings.tlsCA] }),
        ...(auth && { cert: auth.cert, key: auth.key }),
        ...(auth?.password !== undefined && { passphrase: auth.password }),
      });
    } catch (error) {
      const option = auth === undefined ? 'tlsCA' : 'tlsAuth';
      throw new GuestError(
        `option ${option} cannot be used: ${messageOf(error)}; it takes PEM text`,
      );
    }
    byAuth.set(key, secureContext);
  }
  return { rejectUnauthorized: !settings.insecureSkipTLSVerify, secureContext };
}
