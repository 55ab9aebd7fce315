/** How answers stay away and how open sessions end: timeouts, idleness, lifetimes, restarts, silence. */
import type { Attempt } from '../attempts/contract.ts';
import { type Seen, weigh } from './facts.ts';
import { isRefusal } from './plateau.ts';
import { answersOf, namesOf, percent, plural, type Rule, startOf, time } from './rule.ts';
import {
  cluster,
  distanceFromEven,
  greatest,
  least,
  median,
  quantile,
  variation,
} from './statistics.ts';

/** Times that well-known parts of the way are set to, in seconds. Sources: their documentation. */
const knownTimeouts: readonly (readonly [seconds: number, who: string])[] = [
  [5, 'Node’s keep-alive, CloudFront’s keep-alive to its origin'],
  [10, 'connect timeouts of undici and CloudFront'],
  [16, 'a common SDK request timeout'],
  [29, 'AWS API Gateway'],
  [30, 'CloudFront’s origin timeout, Google’s load balancer'],
  [35, 'silence limit of notification clients'],
  [60, 'ALB and nginx idle timeouts, Node’s header timeout'],
  [300, 'request timeouts of undici and Node'],
  [600, 'idle timeout of API Gateway’s and CloudFront’s WebSockets'],
];

function known(seconds: number): string[] {
  const who = knownTimeouts.find(([at]) => Math.abs(at - seconds) <= Math.max(0.3, 0.02 * at))?.[1];
  return who === undefined ? [] : [`${Math.round(seconds)} s is a usual value: ${who}`];
}

/** An end of an open session that nobody on our side asked for. */
function unasked({ attempt }: Seen): boolean {
  return (
    attempt.status === 101 && attempt.failed && attempt.initiator !== 'local' && !isRefusal(attempt)
  );
}

const peerTimeout: Rule = (facts) => {
  const waited = facts.failures.filter(({ attempt }) => isPeerTimeout(attempt));
  const found = cluster(
    waited.map(({ total }) => total),
    facts.slack,
  );
  if (found === undefined) return [];
  const explains = waited.filter(
    ({ total }) => Math.abs(total - found.at) <= Math.max(0.25, 0.03 * found.at) + facts.slack,
  );
  const slowToSend = explains.filter(({ attempt, total }) => {
    const sent = attempt.sent === undefined ? undefined : facts.inSeconds(attempt.sent);
    const ready = facts.inSeconds((attempt.connect ?? 0) + (attempt.tls ?? 0) + (attempt.dns ?? 0));
    return attempt.status === 408 && (sent === undefined || sent - ready > 0.5 * total);
  });
  if (slowToSend.length >= 0.8 * explains.length) {
    return [
      {
        rule: 'T2',
        subject: 'generator',
        party: 'generator',
        title: `the target gave up after ${time(found.at)} because our request had not arrived`,
        confidence: 0.8,
        evidence: [
          `${plural(weigh(explains), 'attempt')} ended with 408, and their last byte was not out by then`,
        ],
        ruledOut: ['a slow target: it had nothing to answer yet'],
        next: 'send smaller bodies, or look what holds them up on the way out',
        onset: startOf(explains),
        explains,
        rank: 'cause',
      },
    ];
  }
  const sents = explains.flatMap(({ attempt }) => attempt.sent ?? []);
  return [
    {
      rule: 'T1',
      subject: 'timeout',
      party: 'target',
      title: `something on the target’s side has a timeout of ${time(found.at)}`,
      confidence: 0.9,
      evidence: [
        `${plural(weigh(explains), 'attempt')} hung for ${time(found.at)} and then ended with ${answersOf(explains)}`,
        `half of them lie within ${time(
          quantile(
            explains.map(({ total }) => total),
            0.75,
          ) -
            quantile(
              explains.map(({ total }) => total),
              0.25,
            ),
        )} of each other`,
        ...(sents.length > 0
          ? [`our requests were out after ${Math.round(median(sents))} ms, so it is no slow sender`]
          : []),
        ...known(found.at),
      ],
      ruledOut: ['our own timers: the answer or the close came from the other side'],
      next: `ask which hop is set to ${time(found.at)}; a shorter timeout of our own shows what happens before it`,
      onset: startOf(explains),
      explains,
      rank: 'beside',
    },
  ];
};

function isPeerTimeout({ initiator, status, cause }: Attempt): boolean {
  return (
    initiator !== 'local' &&
    ([408, 502, 503, 504].includes(status) ||
      ['connect-unanswered', 'closed-before-answer', 'reset-before-answer'].includes(cause))
  );
}

const idle: Rule = (facts) => {
  const ended = facts.ws.filter(unasked);
  const idles = ended.map(({ attempt }) => facts.inSeconds(attempt.ws?.idle ?? 0));
  const ages = ended.map(({ attempt, total }) => total - facts.inSeconds(attempt.answered ?? 0));
  const others = facts.ws.filter((seen) => seen.attempt.status === 101 && !ended.includes(seen));
  const beyond = (at: number): number => 1.1 * at + 0.25 + facts.slack;
  // Who was silent for longer and lived tells that silence is not what ends sessions.
  const idleCluster = cluster(idles, facts.slack);
  const patient = others.filter(
    ({ attempt }) => facts.inSeconds(attempt.ws?.idle ?? 0) > beyond(idleCluster?.at ?? Infinity),
  );
  const byIdle = weigh(patient) > 0.2 * weigh(ended) ? undefined : idleCluster;
  const byAge = cluster(ages, facts.slack);
  const older = others.filter(({ total }) => total > beyond(byAge?.at ?? Infinity));
  const some = weigh(older) > 0.2 * weigh(ended);
  const sameAge = byAge !== undefined && variation(ages) < 0.1;
  if (byIdle === undefined && !sameAge) return [];
  const codes = `${answersOf(ended)}, close codes ${[...new Set(ended.map(({ attempt }) => attempt.ws?.closeCode))].join(', ')}`;
  const common = {
    subject: 'sessions',
    party: 'target',
    onset: startOf(ended),
    rank: 'cause',
  } as const;
  if (byIdle !== undefined && !sameAge) {
    return [
      {
        ...common,
        rule: 'I1',
        title: `sessions are closed after ${time(byIdle.at)} without a message`,
        confidence: 0.9,
        evidence: [
          `${plural(weigh(ended), 'session')} ended (${codes}), ${percent(byIdle.share)} of them ${time(byIdle.at)} after the last frame in either direction`,
          `their ages differ: ${time(least(ages))} to ${time(greatest(ages))}`,
          ...known(byIdle.at),
        ],
        ruledOut: ['a lifetime: the ages would be the same'],
        next: `ping: { every: '${Math.max(1, Math.floor(byIdle.at / 3))}s' }`,
        explains: ended,
      },
    ];
  }
  if (sameAge && byIdle === undefined) {
    return [
      {
        ...common,
        rule: 'L1',
        title: some
          ? `some sessions (${weigh(ended)} of ${weigh(ended) + weigh(others)}) ended at the age of ${time(byAge.at)}; others lived on`
          : `sessions live ${time(byAge.at)} and no longer`,
        confidence: some ? 0.6 : 0.9,
        evidence: [
          `${plural(weigh(ended), 'session')} ended (${codes}), ${percent(byAge.share)} of them at the age of ${time(byAge.at)}`,
          ...(idleCluster === undefined
            ? [
                `they had been idle for different times: ${time(least(idles))} to ${time(greatest(idles))}`,
              ]
            : []),
          ...(some ? [`${plural(weigh(older), 'session')} lived longer than that`] : []),
          ...known(byAge.at),
        ],
        ruledOut: [
          patient.length > 0
            ? 'idleness: others were silent for longer and were not ended'
            : 'idleness: the times since the last frame would be the same',
        ],
        next: some
          ? `ask what ends a part of the sessions after ${time(byAge.at)}, with the ids below`
          : `open a new session before ${time(byAge.at)}`,
        explains: ended,
      },
    ];
  }
  return [
    {
      ...common,
      rule: 'I1',
      title: `sessions end ${time((byIdle ?? byAge)?.at ?? 0)} after the last message, or at that age: this run cannot tell`,
      confidence: 0.5,
      evidence: [
        `${plural(weigh(ended), 'session')} ended (${codes}); idle for ${time(byIdle?.at ?? 0)}, aged ${time(byAge?.at ?? 0)}`,
        'nobody spoke for long before, so age and idleness are one',
      ],
      ruledOut: ['chance: the times lie together'],
      next: 'let half of the users ping: if theirs live on, it was idleness',
      explains: ended,
    },
  ];
};

const deadPeer: Rule = (facts) => {
  // A close frame that nobody answers tells the same of a script that closes when no pong has come.
  const explains = facts.failures.filter(({ attempt }) =>
    ['pong-timeout', 'close-unanswered'].includes(attempt.cause),
  );
  if (explains.length === 0) return [];
  // Who is late for so long does not hear a pong that came in time.
  const patience = median(explains.map(({ attempt }) => attempt.ws?.silent ?? 0));
  const lagged = facts.seconds.filter(({ delayP99 }) => delayP99 >= patience / 2);
  if (lagged.length > 0 && lagged.length >= facts.seconds.length / 5) return [];
  const silent = explains.map(({ attempt }) => facts.inSeconds(attempt.ws?.silent ?? 0));
  return [
    {
      rule: 'P1',
      subject: 'sessions',
      party: 'network',
      title: 'peers fell silent without closing: half-open connections',
      confidence: 0.85,
      evidence: [
        `${plural(weigh(explains), 'session')} got no pong, or no answer to the close frame, in time; nothing had come for ${time(median(silent))}`,
        'no FIN and no RST came either',
      ],
      ruledOut: ['our own event loops: they were in time for the pong'],
      next: 'look for a NAT, firewall or load balancer that drops connections without a word; ping more often than its limit',
      onset: startOf(explains),
      explains,
      rank: 'cause',
    },
  ];
};

const massDisconnect: Rule = (facts) => {
  const ended = facts.ws.filter(
    (seen) =>
      unasked(seen) ||
      (seen.attempt.initiator === 'peer' &&
        seen.attempt.status === 101 &&
        !isRefusal(seen.attempt)),
  );
  const ends = ended.map(({ end }) => end).sort((a, b) => a - b);
  let best = { count: 0, at: 0 };
  for (let from = 0, to = 0; from < ends.length; from++) {
    while (to < ends.length && (ends[to] as number) <= (ends[from] as number) + 1 + facts.slack)
      to++;
    if (to - from > best.count) best = { count: to - from, at: ends[from] as number };
  }
  const open = facts.heldAt(best.at - 1e-6);
  if (best.count < 5 || best.count < 0.2 * open) return [];
  // One instant stands out. Where sessions end all the time, some second is the fullest.
  const around = ends.filter((end) => Math.abs(end - best.at) <= 10).length;
  if (best.count < 0.6 * around) return [];
  const explains = ended.filter(
    ({ end, attempt }) => end >= best.at && end <= best.at + 1 + facts.slack && attempt.failed,
  );
  if (explains.length < 5) return [];
  // When as many begin as end, sessions simply last as long as each other.
  const starts = explains.map(({ start }) => start);
  if (greatest(starts) - least(starts) < 1 && explains.length < 0.9 * open) return [];
  const codes = new Set(explains.map(({ attempt }) => attempt.ws?.closeCode));
  const told = codes.has(1012) || codes.has(1001);
  return [
    {
      rule: 'M1',
      subject: 'sessions',
      party: told ? 'target' : 'network',
      title: `${percent(explains.length / Math.max(1, open))} of all sessions were cut off at one instant`,
      confidence: 0.85,
      evidence: [
        `${weigh(explains)} of ${open} sessions ended within a second, ${time(best.at)} after the start`,
        `close codes: ${[...codes].join(', ')}`,
      ],
      ruledOut: ['the end of our own test: the other side closed'],
      next: told
        ? 'a restart or a deployment: reconnect with jitter (backoff.fullJitter), or everybody comes back at once'
        : 'look at the load balancer or the network at that instant',
      onset: best.at,
      explains,
      rank: 'cause',
    },
  ];
};

/** Drops that nothing else accounts for; never silent. */
const drops: Rule = (facts) => {
  const explains = facts.ws.filter(unasked);
  if (explains.length < 5) return [];
  const ages = explains.map(({ total }) => total);
  const longest = greatest(facts.ws.map(({ total }) => total));
  const distance = distanceFromEven(ages, 0, longest);
  const even = distance < 1.36 / Math.sqrt(ages.length);
  return [
    {
      rule: 'C4',
      subject: 'sessions',
      party: 'unknown',
      title: 'open sessions were dropped, and this run does not show why',
      confidence: 0.4,
      evidence: [
        `${plural(weigh(explains), 'session')} of ${facts.ws.length} ended with ${answersOf(explains)}`,
        `aged ${time(least(ages))} to ${time(greatest(ages))} (${even ? 'evenly spread, as chance would' : `half of them near ${time(median(ages))}, not by chance`}), ${median(explains.map(({ attempt }) => attempt.openAtEnd))} open at the time`,
      ],
      ruledOut: [
        'idleness, lifetime, newcomers, a mass disconnect and a rate limit were looked for and not found',
      ],
      next: 'hand the ids below to the people who run the target',
      onset: startOf(explains),
      explains,
      rank: 'cause',
    },
  ];
};

const acceptQueue: Rule = (facts) => {
  // Retransmissions are a matter of kernels, whose time no simulator scales.
  const dials = facts.all.flatMap((seen) => {
    const seconds = (seen.attempt.connect ?? 0) / 1_000;
    return seconds > 0 ? [{ seen, seconds }] : [];
  });
  if (dials.length < 5) return [];
  const late = dials.filter(({ seconds }) =>
    [1, 2, 3, 4, 5, 7, 15].some((step) => seconds >= step && seconds <= step + 0.25),
  );
  if (late.length < 5 || median(dials.map(({ seconds }) => seconds)) >= 0.2) return [];
  return [
    {
      rule: 'N1',
      subject: 'network',
      party: 'target',
      title: 'connections had to be asked for again: a full accept queue, or lost packets',
      confidence: 0.8,
      evidence: [
        `${late.length} of ${dials.length} connections took ${[...new Set(late.map(({ seconds }) => Math.floor(seconds)))].sort((a, b) => a - b).join(', ')} s, the steps in which a system asks again; the others ${Math.round(median(dials.map(({ seconds }) => seconds)) * 1_000)} ms`,
      ],
      ruledOut: ['TLS and names: they are measured apart'],
      next: 'raise the target’s listen backlog (somaxconn), or open connections more slowly',
      onset: startOf(late.map(({ seen }) => seen)),
      explains: [],
      rank: 'beside',
    },
  ];
};

const downstream: Rule = (facts) => {
  const sessions = facts.ws.filter(({ attempt }) => (attempt.ws?.turns ?? 0) > 0);
  if (sessions.length < 20) return [];
  const part = Math.max(5, Math.floor(sessions.length / 5));
  const early = sessions.slice(0, part);
  const late = sessions.slice(-part);
  const of = (seen: readonly Seen[], pick: (attempt: Attempt) => number): number =>
    median(seen.map(({ attempt }) => pick(attempt)));
  const turn = (attempt: Attempt): number => attempt.ws?.turn ?? 0;
  const upgrade = (attempt: Attempt): number => (attempt.answered ?? 0) - (attempt.sent ?? 0);
  const prompt = (attempt: Attempt): number =>
    (attempt.ws?.firstMessage ?? 0) - (attempt.answered ?? 0);
  const [first, last] = [of(early, turn), of(late, turn)];
  const flat = (pick: (attempt: Attempt) => number): boolean =>
    of(late, pick) <= 1.2 * of(early, pick) + 10;
  if (last < 3 * first || last - first < 20 || !flat(upgrade) || !flat(prompt)) return [];
  return [
    {
      rule: 'D1',
      subject: 'downstream',
      party: 'target',
      title: 'what is behind the platform answers ever later',
      confidence: 0.7,
      evidence: [
        `answers inside of sessions (${namesOf(sessions)}) took ${Math.round(first)} ms in the first sessions and ${Math.round(last)} ms in the last`,
        `the upgrade took ${Math.round(of(early, upgrade))} and ${Math.round(of(late, upgrade))} ms, the first message ${Math.round(of(early, prompt))} and ${Math.round(of(late, prompt))} ms`,
      ],
      ruledOut: [
        'the platform’s own front: it opens sessions and greets as quickly as at first',
        'think time: it is counted from our message to the peer’s',
      ],
      next: 'measure the data action or back end behind the flow by itself',
      onset: late[0]?.start ?? 0,
      explains: [],
      rank: 'beside',
    },
  ];
};

const payload: Rule = (facts) => {
  const large = facts.all.filter(
    ({ attempt }) =>
      Math.max(attempt.ws?.largestOut ?? 0, attempt.kind === 'http' ? attempt.bytesOut : 0) >
      10_240,
  );
  if (large.every(({ attempt }) => !attempt.failed)) return [];
  return [
    {
      rule: 'W1',
      subject: 'configuration',
      party: 'script',
      title: 'messages of more than 10 KB were sent, which some platforms do not take',
      confidence: 0.5,
      evidence: [`${plural(weigh(large), 'attempt')} of ${namesOf(large)}`],
      ruledOut: [],
      next: 'compare with the target’s documented maximum',
      onset: startOf(large),
      explains: [],
      rank: 'warning',
    },
  ];
};

/** Most telling first: an earlier one takes the failures a later one could have, too. */
export const sessionRules: readonly Rule[] = [
  deadPeer,
  massDisconnect,
  idle,
  drops,
  peerTimeout,
  acceptQueue,
  downstream,
  payload,
];
