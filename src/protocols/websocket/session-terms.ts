/** What a session of `vurun/ws` asks for besides its connection: a time for each phase, pings, to be kept. */
import { parseDuration } from '../../duration.ts';
import { GuestError } from '../../errors.ts';
import { limits } from '../../limits.ts';

/** Phases with a time of their own, in their order. */
export const timedPhases = ['dns', 'connect', 'tls', 'upgrade', 'firstMessage'] as const;
export type TimedPhase = (typeof timedPhases)[number];

export interface SessionTerms {
  /** It outlives the iteration that opened it. */
  keep: boolean;
  /** Milliseconds each phase may take; only the first message may take forever. */
  timeouts: Readonly<Record<Exclude<TimedPhase, 'firstMessage'>, number>> & {
    readonly firstMessage: number | undefined;
  };
  ping: { everyMs: number; timeoutMs: number } | undefined;
  /** Headers, in lower case, whose values identify this session besides those of the option idHeaders. */
  idHeaders: readonly string[];
}

const where = 'ws.connect(url, options)';

/** Throws a `GuestError` naming the parameter. */
export function readSessionTerms(params: Readonly<Record<string, unknown>>): SessionTerms {
  const { timeouts, ping, idHeaders, keep } = params;
  const times = timeouts === undefined ? {} : object(timeouts, 'timeouts', timedPhases);
  const ms = (phase: TimedPhase): number | undefined =>
    times[phase] === undefined ? undefined : duration(times[phase], `timeouts.${phase}`);
  if (keep !== undefined && typeof keep !== 'boolean') {
    throw new GuestError(`${where}: keep must be true or false`, 'TypeError');
  }
  return {
    keep: keep === true,
    timeouts: {
      dns: ms('dns') ?? limits.wsHandshakeMs,
      connect: ms('connect') ?? limits.wsHandshakeMs,
      tls: ms('tls') ?? limits.wsHandshakeMs,
      upgrade: ms('upgrade') ?? limits.wsHandshakeMs,
      firstMessage: ms('firstMessage'),
    },
    ping: ping === undefined ? undefined : readPing(ping),
    idHeaders: idHeaders === undefined ? [] : readIdHeaders(idHeaders),
  };
}

function readPing(value: unknown): { everyMs: number; timeoutMs: number } {
  const { every, timeout } = object(value, 'ping', ['every', 'timeout']);
  if (every === undefined) {
    throw new GuestError(`${where}: ping.every is missing; write for example '15s'`, 'TypeError');
  }
  const everyMs = duration(every, 'ping.every');
  return {
    everyMs,
    timeoutMs: timeout === undefined ? everyMs : duration(timeout, 'ping.timeout'),
  };
}

function readIdHeaders(value: unknown): string[] {
  if (!Array.isArray(value) || value.some((name) => typeof name !== 'string')) {
    throw new GuestError(`${where}: idHeaders must be a list of header names`, 'TypeError');
  }
  if (value.length > limits.requestHeaders) {
    throw new GuestError(`${where}: idHeaders names more than ${limits.requestHeaders} headers`);
  }
  return (value as string[]).map((name) => name.toLowerCase());
}

function object(
  value: unknown,
  name: string,
  known: readonly string[],
): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new GuestError(`${where}: ${name} must be an object`, 'TypeError');
  }
  const stranger = Object.keys(value).find((key) => !known.includes(key));
  if (stranger === undefined) return value as Record<string, unknown>;
  throw new GuestError(
    `${where}: there is no ${name}.${stranger}; there are ${known.join(', ')}`,
    'TypeError',
  );
}

function duration(value: unknown, name: string): number {
  const ms = parseDuration(value);
  if (ms !== undefined && ms > 0 && ms < 2 ** 31) return ms;
  throw new GuestError(
    `${where}: ${name} is ${JSON.stringify(value)}, which is no duration above 0; write for example '10s'`,
    'TypeError',
  );
}
