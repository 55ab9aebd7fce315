import net from 'node:net';
import tls from 'node:tls';
import { ExitCode, messageOf, UserError } from '../../errors.ts';
import { limits } from '../../limits.ts';
import type { ProtocolSettings } from '../contract.ts';
import { tlsRules } from '../dial.ts';
import { type Names, namesOf } from '../names.ts';
import { dialTimeoutFailure } from './failure.ts';
import type { Target } from './target.ts';

/** What a dial tells while it goes on: the times of k6's httptrace hooks. */
export interface DialWatcher {
  /** The name is known, or the TCP connection is there and TLS begins. */
  reached(phase: 'connect' | 'tls', tookMs: number): void;
  dialed(socket: net.Socket, connectingMs: number, tlsMs: number): void;
  failed(error: Error): void;
}

interface Override {
  host: string;
  port: number | undefined;
}

/** Opens sockets as the options say: `hosts`, certificates, local addresses. One per shard. */
export class Dialer {
  readonly #settings: ProtocolSettings;
  readonly #names: Names;
  readonly #exact = new Map<string, Override>();
  /** Suffixes with their leading dot, longest first. */
  readonly #wildcards: { suffix: string; to: Override }[] = [];
  readonly #plainContext: tls.SecureContext | undefined = undefined;
  readonly #clientContexts: { domains: readonly string[]; context: tls.SecureContext }[] = [];

  /** Throws a `UserError` when a certificate or a host of the options cannot be used. */
  constructor(settings: ProtocolSettings) {
    this.#settings = settings;
    this.#names = namesOf(settings);
    for (const [from, to] of Object.entries(settings.hosts)) {
      const override = overrideOf(to);
      if (override === undefined) {
        throw new UserError(
          ExitCode.invalidConfig,
          `hosts: ${JSON.stringify(to)} for ${JSON.stringify(from)} is not an address; write ip or ip:port`,
        );
      }
      const key = from.toLowerCase();
      if (key.startsWith('*.')) this.#wildcards.push({ suffix: key.slice(1), to: override });
      else this.#exact.set(key, override);
    }
    this.#wildcards.sort((a, b) => b.suffix.length - a.suffix.length);

    const rules: tls.SecureContextOptions = {
      ...tlsRules(settings),
      ...(settings.tlsCA.length > 0 && { ca: [...tls.rootCertificates, ...settings.tlsCA] }),
    };
    if (Object.keys(rules).length > 0) this.#plainContext = contextOf('tlsCA', () => rules);
    for (const [index, auth] of settings.tlsAuth.entries()) {
      const context = contextOf(`tlsAuth[${index}]`, () => ({
        ...rules,
        cert: auth.cert,
        key: auth.key,
        ...(auth.password === undefined ? {} : { passphrase: auth.password }),
      }));
      this.#clientContexts.push({ domains: auth.domains ?? [], context });
    }
  }

  /** Starts a connection to the target's host. The socket is returned at once so that it can be ended. */
  dial(target: Target, localAddress: string | undefined, watcher: DialWatcher): net.Socket {
    const to = this.#resolve(target.hostname, target.port);
    const forbidden =
      this.#names.forbiddenName(target.hostname) ??
      this.#names.forbiddenAddress(to?.host ?? target.hostname);
    if (forbidden !== undefined) {
      const socket = new net.Socket();
      watch(socket, false, watcher);
      return socket.destroy(forbidden);
    }
    const options: net.TcpNetConnectOpts = {
      host: to?.host ?? target.hostname,
      port: to?.port ?? target.port,
      lookup: this.#names.lookup,
      noDelay: true,
      keepAlive: true,
      keepAliveInitialDelay: limits.dialMs,
      autoSelectFamilyAttemptTimeout: limits.dialAttemptMs,
      ...(localAddress === undefined ? {} : { localAddress }),
    };
    const socket = target.secure
      ? tls.connect(this.#secure(options, target))
      : net.connect(options);
    watch(socket, target.secure, watcher);
    return socket;
  }

  #secure(options: net.TcpNetConnectOpts, target: Target): tls.ConnectionOptions {
    const context = this.#contextFor(target.hostname);
    return {
      ...options,
      ALPNProtocols: ['http/1.1'],
      rejectUnauthorized: !this.#settings.insecureSkipTLSVerify,
      ...(net.isIP(target.hostname) === 0 ? { servername: target.hostname } : {}),
      ...(context === undefined ? {} : { secureContext: context }),
      // The certificate is for the name the script used, wherever `hosts` sends the connection.
      checkServerIdentity: (_host, cert) => tls.checkServerIdentity(target.hostname, cert),
    };
  }

  #contextFor(hostname: string): tls.SecureContext | undefined {
    for (const { domains, context } of this.#clientContexts) {
      if (domains.length === 0 || domains.some((domain) => matches(hostname, domain))) {
        return context;
      }
    }
    return this.#plainContext;
  }

  #resolve(hostname: string, port: number): Override | undefined {
    if (this.#exact.size === 0 && this.#wildcards.length === 0) return undefined;
    const name = hostname.toLowerCase();
    const withPort = `${name}:${port}`;
    const exact = this.#exact.get(withPort) ?? this.#exact.get(name);
    if (exact !== undefined) return exact;
    for (const { suffix, to } of this.#wildcards) {
      if (withPort.endsWith(suffix) || name.endsWith(suffix)) return to;
    }
    return undefined;
  }
}

/** Stamps the phases of a dial and bounds it. */
function watch(socket: net.Socket, secure: boolean, watcher: DialWatcher): void {
  let start = performance.now();
  let connected = start;
  const timer = setTimeout(() => socket.destroy(dialTimeoutFailure()), limits.dialMs);
  const onClose = (): void => fail(new Error('socket closed'));
  const stop = (): void => {
    clearTimeout(timer);
    socket.off('error', fail);
    socket.off('close', onClose);
    // From now on the one who reads listens; an error before that must not end the process.
    socket.on('error', ignore);
  };
  const fail = (error: Error): void => {
    stop();
    watcher.failed(error);
  };
  socket.on('error', fail);
  socket.on('close', onClose);
  // DNS belongs to `blocked`, not to `connecting`.
  socket.once('lookup', () => {
    const now = performance.now();
    watcher.reached('connect', now - start);
    start = now;
  });
  socket.once('connect', () => {
    connected = performance.now();
    if (secure) watcher.reached('tls', connected - start);
    else {
      stop();
      watcher.dialed(socket, connected - start, 0);
    }
  });
  if (secure) {
    socket.once('secureConnect', () => {
      stop();
      watcher.dialed(socket, connected - start, performance.now() - connected);
    });
  }
}

function ignore(): void {}

function matches(hostname: string, domain: string): boolean {
  const pattern = domain.toLowerCase();
  return pattern.startsWith('*.') ? hostname.endsWith(pattern.slice(1)) : hostname === pattern;
}

function overrideOf(text: string): Override | undefined {
  if (net.isIP(text) !== 0) return { host: text, port: undefined };
  const match = /^(?:\[([^\]]+)\]|([^:]+))(?::(\d{1,5}))?$/.exec(text);
  const host = match?.[1] ?? match?.[2];
  if (host === undefined || net.isIP(host) === 0) return undefined;
  return { host, port: match?.[3] === undefined ? undefined : Number(match[3]) };
}

function contextOf(what: string, options: () => tls.SecureContextOptions): tls.SecureContext {
  try {
    return tls.createSecureContext(options());
  } catch (thrown) {
    throw new UserError(
      ExitCode.invalidConfig,
      `${what}: the certificate or key cannot be used: ${messageOf(thrown)}`,
      'Give PEM texts, for example open("cert.pem").',
    );
  }
}
