/** What the generator or its machine did wrong: files, ports, processors, its event loop. */
import type { Cause } from '../attempts/cause.ts';
import { type Facts, type SecondSeen, type Seen, weigh } from './facts.ts';
import { isSlow } from './gate.ts';
import { type Finding, percent, plural, type Rule, startOf, time } from './rule.ts';
import { cluster, greatest, least, median, quantile } from './statistics.ts';

/** A loop this busy, or timers this late (milliseconds), and what it measures is its own. */
const busy = 0.9;
const late = 50;
/** Lagging so much, it makes failures of its own. */
const veryLate = 100;

const lagging = (second: SecondSeen, delay = late): boolean =>
  second.utilization >= busy || second.delayP99 >= delay;

function withCause(facts: Facts, ...causes: readonly Cause[]): Seen[] {
  return facts.failures.filter(({ attempt }) => causes.includes(attempt.cause));
}

/** Highest use of something bounded, as `900 of 1024`. */
function most(facts: Facts, used: 'files' | 'ports', limit: 'fileLimit' | 'portRange'): string {
  const { seconds } = facts.input;
  const top = greatest(
    seconds.map((second) => second[used] ?? 0),
    0,
  );
  const bound = seconds.at(-1)?.[limit];
  return bound === undefined ? String(top) : `${top} of ${bound}`;
}

const files: Rule = (facts) => {
  const explains = withCause(facts, 'too-many-open-files', 'out-of-memory');
  if (explains.length === 0) return [];
  const sessions = greatest(
    facts.ws.map(({ attempt }) => attempt.openAtStart),
    1,
  );
  return [
    {
      rule: 'G1',
      subject: 'generator',
      party: 'generator',
      title: 'this machine let vurun open no further files (sockets are files)',
      confidence: 0.99,
      evidence: [
        `${plural(weigh(explains), 'attempt')} failed with ${explains[0]?.attempt.errno ?? 'EMFILE'}, the first after ${time(startOf(explains))}`,
        `open files at most ${most(facts, 'files', 'fileLimit')}`,
      ],
      ruledOut: ['the error is this system’s own, no answer of the target'],
      next: `raise the limit before the run: ulimit -n ${Math.max(4_096, Math.ceil((sessions * 2 + 1_024) / 1_024) * 1_024)}`,
      onset: startOf(explains),
      explains,
      rank: 'cause',
    },
  ];
};

const ports: Rule = (facts) => {
  const explains = withCause(facts, 'no-local-port');
  const bad = withCause(facts, 'bad-local-address');
  const findings: Finding[] = [];
  if (explains.length > 0) {
    findings.push({
      rule: 'G2',
      subject: 'generator',
      party: 'generator',
      title: 'this machine has no local port left towards the target',
      confidence: 0.99,
      evidence: [
        `${plural(weigh(explains), 'attempt')} failed with ${explains[0]?.attempt.errno ?? 'EADDRNOTAVAIL'} while connecting, the first after ${time(startOf(explains))}`,
        `ports in use on this machine at most ${most(facts, 'ports', 'portRange')}, waiting ones included`,
      ],
      ruledOut: ['the system call that failed is connect, not bind: the local address is good'],
      next: 'reuse connections, widen net.ipv4.ip_local_port_range, or give further addresses with localIPs',
      onset: startOf(explains),
      explains,
      rank: 'cause',
    });
  }
  if (bad.length > 0) {
    findings.push({
      rule: 'G2',
      subject: 'configuration',
      party: 'script',
      title: 'a local address of the option localIPs is not one of this machine',
      confidence: 0.99,
      evidence: [
        `${plural(weigh(bad), 'attempt')} failed with ${bad[0]?.attempt.errno ?? ''} in bind`,
      ],
      ruledOut: ['ports are not the matter: the call that failed is bind'],
      next: 'name addresses in localIPs that this machine has (ip address)',
      onset: startOf(bad),
      explains: bad,
      rank: 'cause',
    });
  }
  return findings;
};

/** The event loop: first without failures, then as the cause of them. */
const loop: Rule = (facts) => {
  const { seconds } = facts;
  const slow = seconds.filter((second) => lagging(second));
  const share = slow.length / Math.max(1, seconds.length);
  if (slow.length < 3 || share < 0.2) return [];
  const delays = slow.map(({ delayP99 }) => delayP99);
  const evidence = [
    `in ${slow.length} of ${plural(seconds.length, 'second')} an event loop of vurun was busy for ${percent(median(slow.map((s) => s.utilization)))} or its timers came late, p99 ${Math.round(quantile(delays, 0.9))} ms`,
  ];
  const first = facts.firstFailure;
  // Health is taken once a real second, however fast a simulator's time runs.
  const real = (count: number): number => count / facts.scale;
  const before = seconds.filter(({ at }) => at > first - real(10) && at <= first + real(1));
  const laggedBefore = before.filter((second) => lagging(second, veryLate)).length;
  const ownTimeouts = facts.failures.filter(({ attempt }) =>
    ['timeout', 'connect-timeout', 'pong-timeout'].includes(attempt.cause),
  );
  const flat = serverTimeIsFlat(facts);
  const causal =
    facts.failures.length > 0 &&
    before.length > 0 &&
    laggedBefore >= before.length / 2 &&
    (ownTimeouts.length > 0 || flat !== undefined);
  if (!causal) {
    return [
      {
        rule: 'G0',
        subject: 'generator',
        party: 'generator',
        title:
          median(slow.map(({ utilization }) => utilization)) < 0.5
            ? 'this machine gave vurun too little processor time: latencies are partly its own'
            : 'vurun itself was too busy: latencies are partly its own',
        confidence: 0.9,
        evidence,
        ruledOut:
          facts.failures.length === 0
            ? ['nothing failed by it']
            : [
                `the failures began after ${time(first)}, when ${laggedBefore === 0 ? 'no' : `only ${laggedBefore}`} of ${plural(before.length, 'second')} before were slow, so they are not its effect`,
              ],
        next: 'use fewer VUs on this machine, more of its processors (--shards), or do less between the requests',
        onset: slow[0]?.at ?? 0,
        explains: [],
        rank: 'beside',
      },
    ];
  }
  return [
    {
      rule: 'G3',
      subject: 'generator',
      party: 'generator',
      title: 'vurun’s own event loop was starved, and its timeouts followed',
      confidence: ownTimeouts.length > 0 || flat !== undefined ? 0.9 : 0.6,
      evidence: [
        ...evidence,
        `${laggedBefore} of ${plural(before.length, 'second')} before the first failure (after ${time(first)}) were slow`,
        ...(flat === undefined ? [] : [flat]),
      ],
      ruledOut: ['the loop was slow before anything failed, so that it is no effect of retries'],
      next: 'use fewer VUs on this machine, or do less between the requests',
      onset: slow[0]?.at ?? 0,
      explains: ownTimeouts,
      rank: 'cause',
    },
  ];
};

/** A sentence when the target says that it did not get slower while we measured that it did. */
function serverTimeIsFlat(facts: Facts): string | undefined {
  const timed = facts.http.flatMap((seen) => {
    const told = /dur=([\d.]+)/.exec(seen.attempt.headers?.['server-timing'] ?? '')?.[1];
    return told === undefined ? [] : [{ server: Number(told), here: seen.attempt.total }];
  });
  if (timed.length < 20) return undefined;
  const third = Math.floor(timed.length / 3);
  const part = (from: number, key: 'server' | 'here'): number =>
    median(timed.slice(from, from + third).map((one) => one[key]));
  const last = timed.length - third;
  const [serverFirst, serverLast] = [part(0, 'server'), part(last, 'server')];
  const [first, lately] = [part(0, 'here'), part(last, 'here')];
  if (lately < 2 * first || serverLast > 1.2 * serverFirst + 1) return undefined;
  return `requests took ${Math.round(first)} ms at first and ${Math.round(lately)} ms later, while the target says it needed ${serverFirst} and ${serverLast} ms`;
}

const schedule: Rule = (facts) => {
  const { offered, droppedNoVu, droppedBehind, latenessP99 } = facts.schedule;
  const findings: Finding[] = [];
  const slow = facts.seconds.filter((second) => lagging(second)).length;
  if (droppedBehind > 0 || (latenessP99 > 1_000 && slow > 0)) {
    findings.push({
      rule: 'G4',
      subject: 'generator',
      party: 'generator',
      title: 'vurun could not keep its own schedule',
      confidence: 0.9,
      evidence: [
        `${droppedBehind} of ${offered} iterations were not started because vurun was behind; starts were late by ${Math.round(latenessP99)} ms (p99)`,
      ],
      ruledOut: [
        'they are told apart from iterations that found no free VU, which a slow target may cause',
      ],
      next: 'ask for a lower rate on this machine, or share the test over several (--execution-segment)',
      onset: 0,
      explains: [],
      rank: 'beside',
    });
  }
  if (droppedNoVu > 0 && offered > 0) {
    const drift = latencyDrift(facts);
    const slowed = drift !== undefined && drift > 1.5;
    findings.push({
      rule: 'G4',
      subject: slowed ? 'ambiguous' : 'generator',
      party: slowed ? 'unknown' : 'script',
      title: slowed
        ? 'the target slowed down until no VU was free for the iterations that were due'
        : 'the plan has too few VUs for its rate',
      confidence: slowed ? 0.6 : 0.85,
      evidence: [
        `${droppedNoVu} of ${offered} iterations found no free VU`,
        drift === undefined
          ? 'nothing was requested whose time could be compared'
          : `requests of the last third took ${drift.toFixed(1)} times as long as those of the first`,
      ],
      ruledOut: [slow === 0 ? 'vurun’s event loops were idle enough' : `${slow} seconds were slow`],
      next: slowed
        ? 'look at the target’s latency over load; more VUs would only queue up in front of it'
        : 'raise maxVUs (and preAllocatedVUs): rate x iteration_duration are needed',
      onset: 0,
      explains: [],
      rank: 'beside',
    });
  }
  return findings;
};

/** How much longer requests took in the last third of the run than in the first. */
function latencyDrift(facts: Facts): number | undefined {
  const good = facts.http.filter(({ attempt }) => !attempt.failed);
  const early = good.filter(({ start }) => start < facts.length / 3).map(({ total }) => total);
  const last = good.filter(({ start }) => start > (2 * facts.length) / 3).map(({ total }) => total);
  return early.length < 5 || last.length < 5 ? undefined : median(last) / median(early);
}

const processors: Rule = (facts) => {
  const { seconds } = facts;
  const first = facts.firstFailure;
  let run = 0;
  let longest = 0;
  let onset = Infinity;
  for (const { hostCpu, at } of seconds) {
    run = (hostCpu ?? 0) >= 0.95 ? run + 1 : 0;
    if (run === 3) onset = Math.min(onset, at - 2);
    longest = Math.max(longest, run);
  }
  const held = seconds.filter(({ throttled }) => throttled > 0);
  const isHeld = held.length >= 2 && held.length >= seconds.length / 10;
  if (
    (longest < 3 && !isHeld) ||
    (Number.isFinite(first) && Math.min(onset, held[0]?.at ?? Infinity) > first)
  ) {
    return [];
  }
  const full = seconds.filter(({ hostCpu }) => (hostCpu ?? 0) >= 0.95);
  const felt = [...full, ...held].filter(isSlow).length;
  // A full machine whose timers still come in time has hurt nobody yet.
  if (felt < Math.max(2, (full.length + held.length) / 3)) return [];
  return [
    {
      rule: 'G5',
      subject: 'generator',
      party: 'generator',
      title: isHeld
        ? 'this process was held back by its control group (CPU quota)'
        : 'this machine’s processors were full',
      confidence: 0.8,
      evidence: [
        ...(longest >= 3
          ? [`all processors were busy for ${longest} seconds on end, from ${time(onset)} on`]
          : []),
        ...(isHeld ? [`throttled in ${held.length} of ${plural(seconds.length, 'second')}`] : []),
        `vurun itself used ${median(full.map(({ cpu }) => cpu).concat(held.map(({ cpu }) => cpu))).toFixed(2)} processors then`,
      ],
      ruledOut: ['timers of vurun’s threads came late in the same seconds, so it was felt'],
      next: 'run vurun on a machine of its own, or on a larger one',
      onset: Math.min(onset, held[0]?.at ?? Infinity),
      explains: [],
      rank: 'beside',
    },
  ];
};

const resolver: Rule = (facts) => {
  const resolved = new Set(
    facts.all.filter(({ attempt }) => (attempt.connect ?? 0) > 0).map((seen) => hostOf(seen)),
  );
  const explains = withCause(facts, 'name-lookup-failed', 'name-not-found').filter((seen) =>
    resolved.has(hostOf(seen)),
  );
  const lookups = facts.all.map(({ attempt }) => attempt.dns ?? 0).filter((ms) => ms > 0);
  const dials = facts.all.map(({ attempt }) => attempt.connect ?? 0).filter((ms) => ms > 0);
  const isSlow =
    lookups.length >= 5 && quantile(lookups, 0.95) >= 100 && quantile(dials, 0.95) < 50;
  if (explains.length === 0 && !isSlow) return [];
  return [
    {
      rule: 'G6',
      subject: 'generator',
      party: 'network',
      title:
        explains.length > 0
          ? 'names could not be looked up that had been found before'
          : 'looking names up was slow',
      confidence: 0.8,
      evidence: [
        ...(explains.length > 0 ? [`${plural(weigh(explains), 'lookup')} failed`] : []),
        ...(lookups.length > 0
          ? [
              `lookups took ${Math.round(quantile(lookups, 0.95))} ms (p95), connecting ${Math.round(quantile(dials, 0.95))} ms`,
            ]
          : []),
      ],
      ruledOut: ['connecting itself was quick, so it is not the path to the target'],
      next: 'use a resolver nearby, raise dns.ttl, or name addresses with the option hosts',
      onset: startOf(explains),
      explains,
      rank: 'cause',
    },
  ];
};

function hostOf({ name }: Seen): string {
  return /^\w+:\/\/([^/]+)/.exec(name)?.[1] ?? name;
}

const ownTimeouts: Rule = (facts) => {
  const explains = withCause(facts, 'timeout', 'connect-timeout');
  if (explains.length === 0) return [];
  const found = cluster(
    explains.map(({ total }) => total),
    facts.slack,
  );
  const at = found?.at ?? median(explains.map(({ total }) => total));
  return [
    {
      rule: 'G7',
      subject: 'timeout',
      party: 'script',
      title: `our own timeout of ${time(at)} passed`,
      confidence: 0.95,
      evidence: [
        `${plural(weigh(explains), 'attempt')} ended when our timer fired, at ${time(at)}, in phase ${[...new Set(explains.map(({ attempt }) => attempt.phase))].join(', ')}`,
        explains[0]?.attempt.message ?? '',
      ].filter((line) => line !== ''),
      ruledOut: ['the peer had not answered, closed or reset by then'],
      next: 'raise the timeout once to see what the target would have done',
      onset: startOf(explains),
      explains,
      rank: 'cause',
    },
  ];
};

const staleConnections: Rule = (facts) => {
  // vurun itself sends requests that may be repeated once more; others are failures.
  const stale = facts.all.filter(
    ({ attempt }) =>
      attempt.cause === 'stale-connection' ||
      (attempt.reusedAfter !== undefined &&
        attempt.bytesIn === 0 &&
        ['closed-before-answer', 'reset-before-answer', 'broken-pipe'].includes(attempt.cause)),
  );
  const explains = stale.filter(
    ({ attempt }) =>
      facts.inSeconds(attempt.reusedAfter ?? 0) >= 0.8 * keepAliveOf(attempt.headers),
  );
  if (explains.length === 0) return [];
  const fresh = facts.failures.filter(
    ({ attempt }) =>
      attempt.reusedAfter === undefined &&
      ['closed-before-answer', 'reset-before-answer'].includes(attempt.cause),
  );
  if (fresh.length >= explains.length) return [];
  const idle = explains.map(({ attempt }) => facts.inSeconds(attempt.reusedAfter ?? 0));
  return [
    {
      rule: 'G8',
      subject: 'configuration',
      party: 'script',
      title: 'idle connections were reused as the target closed them: a race, no outage',
      confidence: 0.85,
      evidence: [
        `${plural(weigh(explains), 'request')} went out on connections that had been idle for ${time(median(idle))}`,
        'no byte of an answer had come, and fresh connections worked',
      ],
      ruledOut: [`${fresh.length} failures of this kind on fresh connections`],
      next: `keep connections busy, or close them before ${time(least(idle))} (noVUConnectionReuse); give POSTs an idempotencyKey so that they may be repeated`,
      onset: startOf(explains),
      explains,
      // Where each was sent again by vurun itself, nothing went wrong.
      rank: explains.some(({ failed }) => failed) ? 'cause' : 'warning',
    },
  ];
};

/** How long the peer keeps idle connections: what it says, else what servers often do. */
function keepAliveOf(headers: Readonly<Record<string, string>> | undefined): number {
  const told = /timeout=(\d+)/.exec(headers?.['keep-alive'] ?? '')?.[1];
  return told === undefined ? 4 : Number(told);
}

export const generatorRules: readonly Rule[] = [
  files,
  ports,
  loop,
  schedule,
  processors,
  resolver,
  ownTimeouts,
  staleConnections,
];
