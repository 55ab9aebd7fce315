/** From names to addresses, as the options dns, blockHostnames and blacklistIPs want it. */
import { lookup as systemLookup } from 'node:dns';
import { BlockList, isIP, isIPv6, type LookupFunction } from 'node:net';
import { ErrorCode } from '../../runtime/contract/error-codes.ts';
import { monotonicClock } from '../clock.ts';
import type { ProtocolSettings } from './contract.ts';

/** The options forbid this connection. `message` names the rule; `tag` is the same few words every time. */
export class ForbiddenError extends Error {
  override readonly name = 'ForbiddenError';
  readonly errorCode: number;
  readonly tag: string;
  constructor(errorCode: number, tag: string, message: string) {
    super(message);
    this.errorCode = errorCode;
    this.tag = tag;
  }
}

interface Address {
  address: string;
  family: number;
}

type Answer = (error: Error | null, addresses: Address[]) => void;

interface Known {
  addresses: Address[];
  until: number;
  /** For roundRobin: how many have been handed out. */
  turns: number;
}

/** The names of one shard: what has been looked up, and what may not be connected to. */
export class Names {
  readonly #settings: ProtocolSettings;
  readonly #known = new Map<string, Known>();
  readonly #waiting = new Map<string, Answer[]>();
  readonly #forbidden: { network: string; list: BlockList }[];

  constructor(settings: ProtocolSettings) {
    this.#settings = settings;
    this.#forbidden = settings.blacklistIPs.map((network) => {
      const [address = '', prefix] = network.split('/');
      const list = new BlockList();
      list.addSubnet(address, Number(prefix), isIPv6(address) ? 'ipv6' : 'ipv4');
      return { network, list };
    });
  }

  /** Why nothing may be sent to this host of a URL, or undefined when it may. */
  forbiddenName(hostname: string): ForbiddenError | undefined {
    const name = hostname.toLowerCase();
    const unasked = this.#settings.guard.refusal(name);
    if (unasked !== undefined) {
      this.#settings.unauthorized(unasked);
      // The whole sentence ends the run; each request need not say it again.
      const tag = 'target is not authorized';
      return new ForbiddenError(ErrorCode.blockedHostname, tag, `hostname (${name}): ${tag}`);
    }
    const pattern = this.#settings.blockHostnames.find((one) =>
      one.startsWith('*') ? name.endsWith(one.slice(1)) : name === one,
    );
    if (pattern === undefined) return undefined;
    return new ForbiddenError(
      ErrorCode.blockedHostname,
      'hostname is blocked',
      `hostname (${name}) is in a blocked pattern (${pattern})`,
    );
  }

  /** Why this address may not be connected to, or undefined when it may, or when it is a name. */
  forbiddenAddress(address: string): ForbiddenError | undefined {
    if (this.#forbidden.length === 0 || isIP(address) === 0) return undefined;
    const family = isIPv6(address) ? 'ipv6' : 'ipv4';
    const found = this.#forbidden.find(({ list }) => list.check(address, family));
    if (found === undefined) return undefined;
    return new ForbiddenError(
      ErrorCode.blacklistedIp,
      'ip is blacklisted',
      `ip (${address}) is in a blacklisted range (${found.network})`,
    );
  }

  /** What `net.connect` asks for the address of a name: one address, as k6 dials only one. */
  readonly lookup: LookupFunction = (hostname, options, callback) => {
    this.#addresses(hostname.toLowerCase(), (error, addresses) => {
      const chosen = error === null ? this.#choose(hostname.toLowerCase(), addresses) : undefined;
      const failure =
        error ??
        (chosen === undefined ? noSuchHost(hostname) : this.forbiddenAddress(chosen.address));
      if (failure !== undefined || chosen === undefined) callback(failure as Error, '', 0);
      else if (options.all === true) callback(null, [chosen]);
      else callback(null, chosen.address, chosen.family);
    });
  };

  #addresses(name: string, answer: Answer): void {
    const known = this.#known.get(name);
    if (known !== undefined && monotonicClock.now() < known.until) {
      queueMicrotask(() => answer(null, known.addresses));
      return;
    }
    const { ttlMs } = this.#settings.dns;
    const waiting = this.#waiting.get(name);
    // Without a time to keep answers every connection is to ask for itself.
    if (waiting !== undefined && ttlMs > 0) {
      waiting.push(answer);
      return;
    }
    const all = [answer];
    this.#waiting.set(name, all);
    systemLookup(name, { all: true, order: 'verbatim' }, (error, addresses) => {
      this.#waiting.delete(name);
      if (error === null && ttlMs > 0) {
        const turns = known?.turns ?? 0;
        this.#known.set(name, { addresses, until: monotonicClock.now() + ttlMs, turns });
      }
      for (const one of all) one(error, addresses);
    });
  }

  #choose(name: string, addresses: readonly Address[]): Address | undefined {
    const { select, policy } = this.#settings.dns;
    const v4 = addresses.filter(({ family }) => family === 4);
    const v6 = addresses.filter(({ family }) => family === 6);
    const fitting = {
      preferIPv4: v4.length > 0 ? v4 : v6,
      preferIPv6: v6.length > 0 ? v6 : v4,
      onlyIPv4: v4,
      onlyIPv6: v6,
      any: addresses,
    }[policy];
    const known = this.#known.get(name);
    switch (select) {
      case 'first':
        return fitting[0];
      case 'random':
        return fitting[Math.floor(Math.random() * fitting.length)];
      case 'roundRobin':
        return fitting[known === undefined ? 0 : known.turns++ % fitting.length];
    }
  }
}

function noSuchHost(hostname: string): Error {
  const error = new Error(`no address of ${hostname} fits the policy of the option dns`);
  return Object.assign(error, { code: 'ENOTFOUND', syscall: 'getaddrinfo', hostname });
}

const names = new WeakMap<ProtocolSettings, Names>();

/** The names all protocols of a shard share. */
export function namesOf(settings: ProtocolSettings): Names {
  let found = names.get(settings);
  if (found === undefined) names.set(settings, (found = new Names(settings)));
  return found;
}
