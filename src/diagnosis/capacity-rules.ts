/** Capacity: so many at once and no more, slower and slower until it breaks, newcomers instead of others. */
import { answeredIn } from './answer.ts';
import { weigh } from './facts.ts';
import { isRefusal, plateauOf, refusals } from './plateau.ts';
import { answersOf, namesOf, percent, plural, type Rule, startOf, time } from './rule.ts';
import { greatest, least, median, quantile, spearman } from './statistics.ts';

/** A run that is over within a minute cannot tell sessions at once from sessions a minute. */
const window = 60;

const cap: Rule = (facts) => {
  if (facts.ws.some(({ limited, attempt }) => limited && attempt.status === 429)) return [];
  const refused = refusals(facts);
  if (refused.length < 5) return [];
  const plateau = plateauOf(facts, refused);
  if (plateau.tight < 0.8 || plateau.level < 2) return [];
  const first = least(refused.map(({ start }) => start));
  const last = greatest(refused.map(({ start }) => start));
  const accepted = facts.ws.filter(({ attempt }) => attempt.status === 101);
  const left = accepted.filter(({ end }) => end < first);
  // A place is used again only once somebody has left it.
  const firstEnd = least(accepted.map(({ end }) => end));
  const reused = accepted.filter(
    ({ start }) => start > Math.max(first, firstEnd) && facts.heldAt(start) <= plateau.level + 1,
  );
  const begun = least(facts.ws.map(({ start }) => start));
  const decides = left.length > 0 || reused.length > 0 || last - begun > window;
  // Who leaves is gone there before we know: where many come and go at once, only what lasts counts.
  const whileFull = accepted.filter(
    ({ start, attempt }) =>
      start > first &&
      facts.heldThrough(start + facts.inSeconds(attempt.sent ?? 0), 0.5 + facts.jitter) >
        plateau.level + Math.max(2, 0.05 * plateau.level),
  );
  const evidence = [
    `${plural(weigh(refused), 'session')} refused with ${answersOf(refused)}, the first after ${time(startOf(refused))}`,
    `${plateau.level} sessions were held at the refusals (${plateau.least} to ${plateau.most}; ${percent(plateau.tight)} within 5 %)`,
  ];
  if (decides && weigh(whileFull) <= 0.05 * weigh(refused)) {
    return [
      {
        rule: 'C1',
        subject: 'capacity',
        party: 'target',
        title: `the target takes about ${plateau.level} sessions at once`,
        confidence: 0.85,
        evidence: [
          ...evidence,
          reused.length > 0
            ? `${plural(weigh(reused), 'session')} got in later, when others had left`
            : `refusals went on for ${time(last - first)}, and no window of time let more in`,
        ],
        ruledOut: [
          'a limit by the minute: nobody got in while the target was full',
          `our own limits: the refusals are the peer’s answers`,
        ],
        next: `hold at ${Math.floor(plateau.level * 0.9)} and look whether all is well; check licences, pools and “max concurrent” settings with the ids below`,
        onset: startOf(refused),
        explains: refused,
        rank: 'cause',
      },
    ];
  }
  if (decides) return [];
  return [
    {
      rule: 'X1',
      subject: 'ambiguous',
      party: 'target',
      title: `about ${plateau.level} sessions at once, or about ${plateau.level} in a while: this run cannot tell`,
      confidence: 0.6,
      evidence: [
        ...evidence,
        'nobody had left before the first refusal, and all was over within a minute',
      ],
      ruledOut: ['a limit the target tells of: no 429 and no Retry-After'],
      next: 'vurun discriminate <script>: the same load at half the pace; a limit at once stays, a limit by time moves or vanishes',
      onset: startOf(refused),
      explains: refused,
      rank: 'cause',
    },
  ];
};

const saturation: Rule = (facts) => {
  const seconds = new Map<number, { waits: number[]; open: number }>();
  // Narrower slots would compare what jitter has mixed up.
  const width = Math.max(1, 4 * facts.jitter);
  for (const { attempt, start } of [...facts.ws, ...facts.http]) {
    const { sent, answered, status } = attempt;
    if (sent === undefined || answered === undefined || status >= 400) continue;
    const slot = Math.floor(start / width);
    const second = seconds.get(slot) ?? { waits: [], open: 0 };
    second.waits.push(facts.inSeconds(answered - sent));
    second.open = Math.max(
      second.open,
      attempt.kind === 'ws' ? attempt.openAtStart : 0,
      attempt.openAtStart,
    );
    seconds.set(slot, second);
  }
  const series = [...seconds].sort((a, b) => a[0] - b[0]).map(([, second]) => second);
  const explains = facts.failures.filter(
    ({ attempt }) =>
      [502, 503, 504].includes(attempt.status) ||
      (attempt.cause === 'timeout' && ['wait', 'upgrade'].includes(attempt.phase)),
  );
  if (series.length < 8 || explains.length < 5) return [];
  const correlation = spearman(
    series.map(({ open }) => open),
    series.map(({ waits }) => median(waits)),
  );
  const tenth = Math.max(1, Math.floor(series.length / 10));
  const lowest = [...series].sort((a, b) => a.open - b.open);
  const at = (part: typeof series): number =>
    quantile(
      part.flatMap(({ waits }) => waits),
      0.95,
    );
  const [calm, full] = [at(lowest.slice(0, tenth)), at(lowest.slice(-tenth))];
  if (correlation < 0.8 || full < 3 * calm) return [];
  const knee = least(explains.map(({ attempt }) => attempt.openAtStart));
  const withoutId = explains.filter(({ attempt }) => attempt.ids === undefined).length;
  return [
    {
      rule: 'C2',
      subject: 'capacity',
      party: 'target',
      title: `the target saturates: from about ${knee} under way on, it answers ever later and then fails`,
      confidence: 0.8,
      evidence: [
        `waiting times rise with what is under way (rank correlation ${correlation.toFixed(2)}): p95 ${time(calm)} with few, ${time(full)} with many`,
        `${plural(weigh(explains), 'failure')} (${answersOf(explains)}), the first after ${time(startOf(explains))}`,
        ...(withoutId > explains.length / 2
          ? ['most of these carry no correlation id: something in front of the target made them']
          : []),
      ],
      ruledOut: ['it is the answer that comes late, not the connection or the name'],
      next: `try steps around ${knee}: vurun find-capacity <script>`,
      onset: startOf(explains),
      explains,
      rank: 'cause',
    },
  ];
};

const eviction: Rule = (facts) => {
  const lost = facts.ws.filter(
    ({ attempt }) =>
      attempt.status === 101 &&
      attempt.failed &&
      attempt.initiator === 'peer' &&
      !isRefusal(attempt),
  );
  if (lost.length < 5) return [];
  // Who pushes others out refuses nobody: where newcomers are turned away, those who leave make room for them.
  if (refusals(facts).length > lost.length / 2) return [];
  const opens = facts.ws
    .filter(({ attempt }) => attempt.status === 101)
    .map(({ start, attempt }) => start + facts.inSeconds(attempt.answered ?? 0))
    .sort((a, b) => a - b);
  const near = 0.3 + facts.slack;
  const paired = lost.filter(({ end }) => hasNear(opens, end, near));
  const levels = lost.map(({ end }) => facts.heldAt(end - 1e-6));
  const level = Math.round(median(levels));
  const slack = Math.max(3, 0.03 * level);
  const tight = levels.filter((one) => Math.abs(one - level) <= slack).length / levels.length;
  // Where sessions open all the time, each end is near to one; so the level has to say it, too.
  const top = greatest(facts.ws.map(({ start }) => facts.heldAt(start)));
  const afterLast = lost.filter(({ end }) => end > (opens.at(-1) ?? 0) + near).length;
  if (
    paired.length < 0.8 * lost.length ||
    tight < 0.8 ||
    level < 0.9 * top ||
    afterLast > 0.2 * lost.length
  ) {
    return [];
  }
  const ages = lost.map(({ total }) => total);
  return [
    {
      rule: 'C3',
      subject: 'capacity',
      party: 'target',
      title: `the target holds about ${level} sessions: newcomers push others out`,
      confidence: 0.8,
      evidence: [
        `${plural(weigh(lost), 'session')} ended without being asked to (${answersOf(lost)}), ${percent(tight)} of them with ${level} ± ${Math.round(slack)} held`,
        `${percent(paired.length / lost.length)} ended within 0.3 s of another session’s opening`,
      ],
      ruledOut: [
        `a lifetime: the ages (${time(least(ages))} to ${time(greatest(ages))}) follow from the ramp, and none ended without a newcomer`,
      ],
      next: `stay below ${Math.floor(level * 0.9)} sessions; check licences and “max concurrent” settings with the ids below`,
      onset: startOf(lost),
      explains: lost,
      rank: 'cause',
    },
  ];
};

/** The target says that it cannot now, and when to come back. It is no limit of a rate, which would be 429. */
const overload: Rule = (facts) => {
  const explains = facts.failures.filter(
    ({ attempt }) => attempt.status === 503 && answeredIn(attempt).retryAfterMs !== undefined,
  );
  if (explains.length < 5) return [];
  const waits = explains.map(({ attempt }) =>
    facts.inSeconds(answeredIn(attempt).retryAfterMs ?? 0),
  );
  const names = new Set(explains.map(({ name }) => name));
  const first = startOf(explains);
  const good = facts.all.filter(
    ({ name, attempt, end }) => names.has(name) && !attempt.failed && end >= first,
  );
  return [
    {
      rule: 'C5',
      subject: 'capacity',
      party: 'target',
      title: 'the target turns requests away for a while: overload or maintenance, by its own word',
      confidence: 0.8,
      evidence: [
        `${plural(weigh(explains), 'answer')} of 503 with Retry-After from ${namesOf(explains)}, the first after ${time(first)}`,
        `asked to wait ${time(least(waits))} to ${time(greatest(waits))}`,
        `${weigh(good)} requests of the same names went well in between`,
      ],
      ruledOut: ['a rate limit: that would be 429', 'a timeout: they were answered at once'],
      next: 'honour Retry-After, look at the target’s status page, and try again with half the load',
      onset: first,
      explains,
      rank: 'cause',
    },
  ];
};

function hasNear(sorted: readonly number[], value: number, within: number): boolean {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sorted[middle] as number) < value - within) low = middle + 1;
    else high = middle;
  }
  return low < sorted.length && (sorted[low] as number) <= value + within;
}

export const capacityRules: readonly Rule[] = [eviction, cap, saturation, overload];
