import { ExitCode, problemsError } from '../errors.ts';
import {
  choice,
  closeCode,
  duration,
  ending,
  flag,
  group,
  integer,
  type Knob,
  number,
  optional,
  type ValueOf,
} from './knob.ts';

/** A status an intermediary or the platform may refuse with. */
const httpError = (fallback: number): Knob<number> => integer(fallback, { min: 400, max: 599 });

/** Time added to an answer: `base + perActive · active sessions + e^(sigma · normal)` ms. */
const latency = (base = 0) =>
  group({
    base: duration(base),
    perActive: duration(0),
    /** 0 adds no random part. */
    sigma: number(0, { min: 0, max: 10 }),
  });

const window = {
  limit: integer(300, { min: 1, max: 1_000_000 }),
  windowMs: duration(60_000, { min: 1 }),
  /** What a window begins with: its first call, the clock, every moment anew, or a leaking bucket. */
  anchor: choice('first', ['first', 'epoch', 'sliding', 'bucket']),
  /** Size of the bucket; without it the limit. */
  burst: optional(integer(300, { min: 1, max: 1_000_000 })),
  /** Whether rejected calls count too. */
  countRejected: flag(true),
  /** Whether the `inin-ratelimit-*` headers are sent. */
  headers: flag(true),
};

function checkWindow(values: { anchor: string; burst: number | null }): string | undefined {
  return values.burst !== null && values.anchor !== 'bucket'
    ? 'burst is the size of a bucket; set anchor=bucket with it, or leave it out'
    : undefined;
}

/** Knobs of the design that later releases bring. */
const later: Readonly<Record<string, string>> = {
  accept: 'a pause of accept()',
  restBuckets: 'further named rate limit buckets',
  quota: 'a daily quota',
  inband: 'in-band message limits',
  channels: 'notification channels',
};

const schema = group(
  {
    /** Of all chance. */
    seed: integer(1, { max: 2 ** 32 - 1 }),
    /** Multiplies every simulated duration, windows included. */
    scale: number(1, { min: 0.001, max: 1_000 }),
    /** Sessions that may be open at once, those that still wait for their 101 included. */
    maxSessions: optional(integer(200)),
    /** What the session above `maxSessions` gets. */
    overCap: choice('503', [
      '503',
      '429',
      '502html',
      'hang408',
      'hangDrop',
      'destroy',
      'accept-destroy',
      'evict-oldest',
      'evict-newest',
    ]),
    /** Seconds in Retry-After of overCap=429, before scaling. */
    overCapRetryAfter: integer(60, { min: 1, max: 86_400 }),
    /** overCap=hang408 and hangDrop hold the request this long. */
    hangMs: duration(30_000),
    /** overCap=accept-destroy cuts the connection this long after the 101. */
    destroyAfterMs: duration(1_000),
    /** Limit of WebSocket upgrades; every attempt counts. */
    handshakes: optional(
      group(
        {
          ...window,
          scope: choice('deployment', ['deployment', 'token', 'ip']),
          status: httpError(429),
          retryAfter: flag(true),
        },
        { check: checkWindow },
      ),
    ),
    /** Limit of REST calls. */
    rest: optional(
      group(
        {
          ...window,
          scope: choice('token', ['token', 'ip']),
          retryAfter: choice('delta', ['delta', 'date', 'none']),
        },
        { check: checkWindow },
      ),
    ),
    latency: group({
      /** Before the first answer on a new connection. */
      connectMs: duration(0),
      upgrade: latency(),
      rest: latency(),
      /** From the 101 to the first prompt, and between the platform's later messages. */
      firstMessageMs: duration(0),
      turnMs: duration(0),
    }),
    /** The edge gives up above `at` active sessions, for this share of the upgrades. */
    saturation: optional(
      group({
        at: integer(64),
        status: httpError(502),
        share: number(1, { min: 0, max: 1 }),
      }),
    ),
    /** Every n-th accepted session is lost this long after its 101. */
    drop: optional(
      group({
        everyNth: integer(9, { min: 1 }),
        afterMs: duration(4_000),
        how: ending('fin'),
      }),
    ),
    /** One live session is destroyed per this many rejections for rate. */
    throttlePenalty: optional(
      group({
        everyRejects: integer(10, { min: 1 }),
        destroy: choice('oldest', ['oldest', 'newest']),
      }),
    ),
    /** Sessions with no frame either way for this long end by `idleHow`. */
    idleMs: optional(duration(10_000, { min: 1 })),
    idleHow: ending('close:1001'),
    /** Whether RFC 6455 pings count as traffic. */
    idleCountsPing: flag(false),
    /** From the 101; then close 1001. */
    maxLifetimeMs: optional(duration(86_400_000, { min: 1 })),
    token: group({
      /** Seconds, before scaling. */
      expiresIn: integer(86_400, { min: 1, max: 31_536_000 }),
      latencyMs: duration(50),
      limit: optional(integer(60, { min: 1, max: 1_000_000 })),
      windowMs: duration(60_000, { min: 1 }),
      /** Live tokens per client; one more revokes the oldest. */
      maxLive: optional(integer(10, { min: 1 })),
      scope: choice('client', ['client', 'ip']),
    }),
    /** A deploy: this share of the live sessions is closed, once. */
    massDisconnect: optional(
      group({
        /** After the start, the last reset or the last change of this knob. */
        atMs: duration(30_000),
        share: number(1, { min: 0, max: 1 }),
        code: closeCode(1012),
      }),
    ),
    dialog: group(
      {
        prompts: integer(2, { min: 1, max: 2 }),
        minDigits: integer(1, { min: 1, max: 32 }),
        maxDigits: integer(1, { min: 1, max: 32 }),
        timeoutMs: duration(5_000, { min: 1 }),
        interDigitMs: duration(2_000, { min: 1 }),
        /** From the transfer to close 1000; off leaves closing to the client. */
        holdMs: optional(duration(20_000)),
      },
      {
        check: ({ minDigits, maxDigits }) =>
          minDigits > maxDigits
            ? `minDigits ${minDigits} is above maxDigits ${maxDigits}`
            : undefined,
      },
    ),
    /** What the flow looks up between the digits and the transfer; 0 looks up nothing. */
    dataAction: group({
      latencyMs: duration(0),
      perActiveMs: duration(0),
      maxConcurrent: integer(50, { min: 1 }),
    }),
    /** `seed` also serves the paths the threads of the field use wrongly. */
    compat: choice('strict', ['strict', 'seed']),
    /** Adds X-Sim-Decision to the answers. */
    reveal: flag(false),
  },
  {
    refuse: (name) =>
      Object.hasOwn(later, name)
        ? `${later[name]} is not part of this release of the simulator; leave this knob out`
        : undefined,
  },
);

export type Knobs = ValueOf<typeof schema>;

type Part<T> = T extends object ? { readonly [K in keyof T]?: Part<T[K]> } : T;
/** Some knobs, nested as in `Knobs`; null switches an optional one off. Durations are ms. */
export type KnobPatch = Part<Knobs>;

export const healthyKnobs: Knobs = schema.fallback;

/**
 * `current` with the patch laid over it.
 * @throws UserError naming all problems at once: unknown knobs, knobs of later releases, bad values
 */
export function applyKnobs(current: Knobs, patch: unknown): Knobs {
  const problems: string[] = [];
  const knobs = schema.read(patch, current, '', problems);
  refuseIfAny(problems);
  return knobs;
}

/**
 * Reads settings as the command line writes them: `rest.limit=600`, `maxSessions=off`,
 * `hangMs=30s`. A later one wins over an earlier one.
 * @throws UserError naming all problems at once
 */
export function parseKnobSettings(settings: readonly string[]): KnobPatch {
  const problems: string[] = [];
  const patch: Record<string, unknown> = Object.create(null);
  for (const setting of settings) {
    const [, path, text] = /^\s*([^=\s]+)\s*=(.*)$/s.exec(setting) ?? [];
    if (path === undefined || text === undefined) {
      problems.push(
        `${JSON.stringify(setting)}: write it as name=value, for example rest.limit=600`,
      );
      continue;
    }
    const names = path.split('.');
    const last = names.pop() as string;
    let place = patch;
    for (const name of names) {
      const inner = Object.hasOwn(place, name) ? place[name] : undefined;
      const next = typeof inner === 'object' && inner !== null ? inner : Object.create(null);
      place[name] = next;
      place = next as Record<string, unknown>;
    }
    const value = text.trim();
    place[last] = value === 'off' ? null : value;
  }
  schema.read(patch, healthyKnobs, '', problems);
  refuseIfAny(problems);
  return patch;
}

function refuseIfAny(problems: readonly string[]): void {
  if (problems.length > 0) {
    throw problemsError(ExitCode.invalidConfig, 'The simulator cannot be set like this:', problems);
  }
}
