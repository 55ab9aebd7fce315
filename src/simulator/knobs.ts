import { ExitCode, problemsError } from '../errors.ts';
import { limits } from '../limits.ts';
import {
  choice,
  closeCode,
  duration,
  ending,
  flag,
  group,
  integer,
  type Knob,
  named,
  number,
  optional,
  retryStyle,
  text,
  told,
  type ValueOf,
} from './knob.ts';

/** A status an intermediary or the platform may refuse with. */
const httpError = (fallback: number): Knob<number> => integer(fallback, { min: 400, max: 599 });

/** Time added to an answer: `base + perActive · active sessions + e^(sigma · normal)` ms. */
const latency = () =>
  group({
    base: told('always', duration(0)),
    perActive: told('for each active session', duration(0)),
    sigma: told('random part, e^(sigma · normal) ms; 0 adds none', number(0, { min: 0, max: 10 })),
  });

const window = {
  limit: told('calls in a window', integer(300, { min: 1, max: 1_000_000 })),
  windowMs: duration(60_000, { min: 1 }),
  anchor: told(
    'what a window begins with: its first call, the clock, every moment anew, or a leaking bucket',
    choice('first', ['first', 'epoch', 'sliding', 'bucket']),
  ),
  burst: told(
    'size of the bucket; without it the limit',
    optional(integer(300, { min: 1, max: 1_000_000 })),
  ),
  countRejected: told('whether rejected calls count too', flag(true)),
  headers: told('whether its inin-ratelimit-* headers are sent', flag(true)),
};

const others = {
  used: told(
    'calls of others that are counted already when a window begins',
    integer(0, { max: 1_000_000 }),
  ),
  others: told(
    'calls of others that are counted with each call',
    number(0, { min: 0, max: 1_000 }),
  ),
};

const restScope = told(
  'whose calls count together: those of a token, a client, an address, or everybody',
  choice('token', ['token', 'client', 'ip', 'org']),
);

function checkWindow(values: { anchor: string; burst: number | null }): string | undefined {
  return values.burst !== null && values.anchor !== 'bucket'
    ? 'burst is the size of a bucket; set anchor=bucket with it, or leave it out'
    : undefined;
}

const schema = group({
  seed: told('of all chance', integer(1, { max: 2 ** 32 - 1 })),
  scale: told(
    'multiplies every simulated duration, windows included',
    number(1, { min: 0.001, max: 1_000 }),
  ),
  maxSessions: told(
    'sessions open at once, those that still wait for their 101 included',
    optional(integer(200)),
  ),
  overCap: told(
    'what the session above maxSessions gets',
    choice('503', [
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
  ),
  overCapRetryAfter: told(
    'seconds in Retry-After of overCap=429, before scaling',
    integer(60, { min: 1, max: 86_400 }),
  ),
  hangMs: told(
    'overCap=hang408 and hangDrop hold the request this long, from the end of its headers',
    duration(30_000),
  ),
  destroyAfterMs: told(
    'overCap=accept-destroy cuts the connection this long after the 101',
    duration(1_000),
  ),
  handshakes: told(
    'limit of WebSocket upgrades; every attempt counts',
    optional(
      group(
        {
          ...window,
          scope: told(
            'whose upgrades count together',
            choice('deployment', ['deployment', 'token', 'ip']),
          ),
          status: told('of the refusal', httpError(429)),
          retryAfter: told('how the refusal says when to come back', retryStyle('delta')),
        },
        { check: checkWindow },
      ),
    ),
  ),
  rest: told(
    'limit of REST calls',
    optional(
      group(
        {
          ...window,
          ...others,
          scope: restScope,
          retryAfter: told('how a 429 says when to come back', retryStyle('delta')),
        },
        { check: checkWindow },
      ),
    ),
  ),
  restBuckets: told(
    'further limits of REST calls, each for some paths; restBuckets.NAME.limit=60',
    named(
      told(
        'a name of your own',
        group(
          {
            ...window,
            headers: told(
              'whether a 429 shows this bucket, and not the one of `rest`',
              flag(false),
            ),
            match: told(
              'METHOD and path template, such as POST /api/v2/conversations/calls; * is any',
              text('*'),
            ),
            scope: restScope,
            retryAfter: told('how a 429 says when to come back', retryStyle('delta')),
          },
          { check: checkWindow },
        ),
      ),
      limits.simulatorRestBuckets,
    ),
  ),
  quota: told(
    'a number of REST calls after which only 429 with a long Retry-After comes',
    optional(
      group({
        calls: integer(1_000, { min: 0 }),
        retryAfterMs: told('until the quota is renewed', duration(3_600_000, { min: 1 })),
        scope: restScope,
      }),
    ),
  ),
  inband: told(
    'limits of what a client sends on an open WebSocket, answered in-band',
    optional(
      group({
        messagesPerSecond: told('messages of a session', integer(5, { min: 1, max: 1_000_000 })),
        requestsPerMinute: told(
          'frames of any sort on a connection',
          integer(60, { min: 1, max: 1_000_000 }),
        ),
      }),
    ),
  ),
  latency: told(
    'how long answers take',
    group({
      connectMs: told('before the first answer on a new connection', duration(0)),
      upgrade: told('of a 101', latency()),
      rest: told('of a REST answer', latency()),
      firstMessageMs: told('from the 101 to the first prompt', duration(0)),
      turnMs: told("between the platform's later messages", duration(0)),
    }),
  ),
  saturation: told(
    'the edge gives up on upgrades above so many active sessions',
    optional(
      group({
        at: integer(64),
        status: httpError(502),
        share: told('of those upgrades', number(1, { min: 0, max: 1 })),
        perActive: told(
          'added to the share for each active session above',
          number(0, { min: 0, max: 1 }),
        ),
      }),
    ),
  ),
  restFault: told(
    'REST calls that go wrong on the way',
    optional(
      group({
        everyNth: integer(10, { min: 1 }),
        how: told(
          'the answer, or destroy for none',
          choice('503', ['503', '504', '408', '502html', 'destroy']),
        ),
        afterMs: told('held this long first', duration(0)),
        retryAfter: told(
          'seconds in Retry-After, before scaling',
          optional(integer(5, { min: 1, max: 86_400 })),
        ),
      }),
    ),
  ),
  requestTimeoutMs: told(
    'a request whose body is not there this long after its headers gets 408',
    optional(duration(10_000, { min: 1 })),
  ),
  keepAlive: told(
    'of idle HTTP connections',
    group({
      timeoutMs: told('the server closes them after this', duration(65_000, { min: 1 })),
      hint: told('whether answers say so in Keep-Alive', flag(true)),
      race: told(
        'whether the close crosses the next request, which is then reset without an answer',
        flag(false),
      ),
    }),
  ),
  drop: told(
    'every n-th accepted session is lost this long after its 101',
    optional(
      group({
        everyNth: integer(9, { min: 1 }),
        afterMs: duration(4_000),
        how: ending('fin'),
      }),
    ),
  ),
  throttlePenalty: told(
    'one live session is destroyed per this many rejections for rate',
    optional(
      group({
        everyRejects: integer(10, { min: 1 }),
        destroy: choice('oldest', ['oldest', 'newest']),
      }),
    ),
  ),
  idleMs: told(
    'sessions with no frame either way for this long end',
    optional(duration(10_000, { min: 1 })),
  ),
  idleHow: told('how they end', ending('close:1001')),
  idleCountsPing: told('whether RFC 6455 pings count as traffic', flag(false)),
  maxLifetimeMs: told(
    'from the 101 to close 1001; channels are warned 60 s ahead',
    optional(duration(86_400_000, { min: 1 })),
  ),
  token: told(
    'what POST /oauth/token gives',
    group({
      expiresIn: told('seconds, before scaling', integer(86_400, { min: 1, max: 31_536_000 })),
      latencyMs: duration(50),
      limit: told('token calls in a window', optional(integer(60, { min: 1, max: 1_000_000 }))),
      windowMs: duration(60_000, { min: 1 }),
      maxLive: told(
        'live tokens of a client; one more revokes the oldest',
        optional(integer(10, { min: 1 })),
      ),
      scope: told('whose token calls count together', choice('client', ['client', 'ip'])),
    }),
  ),
  auth: told(
    'every token is refused, though it was just given',
    optional(
      group({
        status: choice('401', ['401', '403']),
        atMs: told('after the first call of a client', duration(0)),
        on: told('what is refused', choice('rest', ['rest', 'upgrade', 'both'])),
      }),
    ),
  ),
  massDisconnect: told(
    'a deploy: this share of the live sessions is closed, once',
    optional(
      group({
        atMs: told(
          'after the first call of a client, or the last change of this',
          duration(30_000),
        ),
        share: number(1, { min: 0, max: 1 }),
        code: closeCode(1012),
      }),
    ),
  ),
  accept: told(
    'connections are not accepted for a while, so that SYNs wait; only when the simulator starts',
    optional(
      group({
        backlog: told(
          "connections the kernel completes meanwhile (and one), at most the machine's somaxconn",
          integer(4_096, { min: 1, max: 65_535 }),
        ),
        pauseMs: duration(0),
        atMs: told('after the first call of a client, or the last change of this', duration(0)),
      }),
    ),
  ),
  channels: told(
    'notification channels',
    group({
      max: told(
        'of a client; one more takes away the oldest',
        integer(20, { min: 1, max: 100_000 }),
      ),
      topics: told('of a channel', integer(1_000, { min: 1, max: 10_000 })),
      lifetimeMs: told(
        'until a channel expires; subscribing begins it anew',
        duration(86_400_000, { min: 1 }),
      ),
      heartbeatMs: duration(30_000, { min: 1 }),
      eventMs: told('one event for each topic this often', optional(duration(5_000, { min: 1 }))),
    }),
  ),
  dialog: told(
    'what the IVR flow says and waits for',
    group(
      {
        prompts: integer(2, { min: 1, max: 2 }),
        minDigits: integer(1, { min: 1, max: 32 }),
        maxDigits: integer(1, { min: 1, max: 32 }),
        timeoutMs: told(
          'for the digits; twice without any is the end',
          duration(5_000, { min: 1 }),
        ),
        interDigitMs: duration(2_000, { min: 1 }),
        holdMs: told(
          'from the transfer to close 1000; off leaves closing to the client',
          optional(duration(20_000)),
        ),
      },
      {
        check: ({ minDigits, maxDigits }) =>
          minDigits > maxDigits
            ? `minDigits ${minDigits} is above maxDigits ${maxDigits}`
            : undefined,
      },
    ),
  ),
  dataAction: told(
    'what the flow looks up between the digits and the transfer; 0 looks up nothing',
    group({
      latencyMs: duration(0),
      perActiveMs: told('for each active session', duration(0)),
      maxConcurrent: told('the others wait', integer(50, { min: 1 })),
    }),
  ),
  compat: told(
    'seed also serves the paths the threads of the field use wrongly',
    choice('strict', ['strict', 'seed']),
  ),
  reveal: told('adds X-Sim-Decision to the answers', flag(false)),
});

export type Knobs = ValueOf<typeof schema>;

type Part<T> = T extends object
  ? { readonly [K in keyof T]?: Part<T[K]> | (string extends keyof T ? null : never) }
  : T;
/** Some knobs, nested as in `Knobs`; null switches an optional one off and takes a named one away. Durations are ms. */
export type KnobPatch = Part<Knobs>;

export const healthyKnobs: Knobs = schema.fallback;

/**
 * `current` with the patch laid over it.
 * @throws UserError naming all problems at once: unknown knobs, bad values
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

/** One knob for a help text. */
export interface KnobLine {
  /** `rest.limit`; a group has no value of its own. */
  name: string;
  /** Groups within groups. */
  depth: number;
  /** What may be written. */
  kind: string;
  /** Its value when nobody sets it; undefined for a group that is always there. */
  value: string | undefined;
  about: string;
}

/** Every knob in the order of the schema, groups before what they hold. */
export function describeKnobs(): KnobLine[] {
  const lines: KnobLine[] = [];
  const visit = (knob: Knob<unknown>, path: readonly string[]): void => {
    const isGroup = knob.fields !== undefined;
    if (path.length > 0) {
      lines.push({
        name: path.join('.'),
        depth: path.length - 1,
        kind: isGroup ? '' : knob.kind,
        value:
          isGroup && !knob.isOptional
            ? undefined
            : (knob.show?.(knob.fallback) ?? String(knob.fallback)),
        about: knob.about ?? '',
      });
    }
    for (const [name, inner] of Object.entries(knob.fields ?? {})) visit(inner, [...path, name]);
  };
  visit(schema, []);
  return lines;
}

function refuseIfAny(problems: readonly string[]): void {
  if (problems.length > 0) {
    throw problemsError(ExitCode.invalidConfig, 'The simulator cannot be set like this:', problems);
  }
}
