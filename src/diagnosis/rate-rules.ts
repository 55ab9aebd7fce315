/** Rates: limits the target tells of, limits it does not tell of, tokens, and retries that make it worse. */

import { answeredIn } from './answer.ts';
import type { Seen } from './facts.ts';
import { type Facts, weigh } from './facts.ts';
import { isRefusal, plateauOf, refusals } from './plateau.ts';
import { answersOf, namesOf, percent, plural, type Rule, startOf, time } from './rule.ts';
import { fano, greatest, least, median, variation } from './statistics.ts';

/** Above this a wait is a quota for hours, not a limit to pace by. */
const quotaSeconds = 180;

const told: Rule = (facts) => {
  const explains = facts.all.filter((seen) => seen.limited && !seen.token);
  if (explains.length === 0) return [];
  const answers = explains.map(({ attempt }) => answeredIn(attempt));
  const waits = answers.flatMap(({ retryAfterMs }) =>
    retryAfterMs === undefined ? [] : [facts.inSeconds(retryAfterMs)],
  );
  const allowed = [...new Set(answers.flatMap(({ allowed }) => allowed ?? []))].sort(
    (a, b) => a - b,
  );
  const inBand = explains.filter(({ attempt }) => attempt.status === 101);
  const labels: string[] = [];
  const ends = explains.flatMap((seen, index) => {
    const wait = answers[index]?.retryAfterMs;
    return wait === undefined ? [] : [seen.end + facts.inSeconds(wait)];
  });
  const span = greatest(explains.map(({ end }) => end)) - startOf(explains);
  if (ends.length >= 5 && span >= 2) {
    const spread = variation(ends.map((end) => end + 1e6)) * (1e6 + median(ends));
    // Answers round their waits up to whole seconds, so that much spread means nothing.
    labels.push(
      spread < Math.max(1, 0.1 * span) + facts.slack
        ? 'all waits end at one instant, so it is a fixed window'
        : 'waits end at different instants, so it is a sliding window or a bucket',
    );
  }
  const isQuota = waits.some((wait) => wait > quotaSeconds);
  const otherBucket = answers.filter(
    ({ count, allowed }) => count !== undefined && allowed !== undefined && count < allowed,
  ).length;
  if (otherBucket > answers.length / 2) {
    labels.push(
      'the headers of the refusals still show room: another limit was hit than the one they show',
    );
  }
  const shared = sharedWithOthers(facts);
  if (shared !== undefined) labels.push(shared);
  const good = facts.count(({ kind, failed }) => kind === 'http' && !failed);
  return [
    {
      rule: 'R1',
      subject: 'rate-limit',
      party: 'target',
      title: isQuota
        ? 'a quota of the target is used up'
        : `the target limits the rate${allowed.length > 0 ? ` (${allowed.join(' and ')} allowed)` : ''}`,
      confidence: 0.98,
      evidence: [
        `${plural(weigh(explains), 'answer')} of 429 from ${namesOf(explains)}, the first after ${time(startOf(explains))}${good > 0 ? `; ${good} requests went well` : ''}`,
        ...(inBand.length > 0
          ? [`${weigh(inBand)} of these inside of open WebSockets, where no status shows it`]
          : []),
        waits.length > 0
          ? `asked to wait ${time(least(waits))} to ${time(greatest(waits))}, ${time(median(waits))} in the middle`
          : 'it does not say how long to wait',
        ...labels,
      ],
      ruledOut: ['429 is the target’s own word; no timer or limit of vurun answers so'],
      next: isQuota
        ? 'stop here: waiting this long is for another day; ask for a larger quota'
        : `stay below it: limits.perMinute(${Math.floor((allowed[0] ?? 300) * 0.93)}), a slower ramp, or ask for a raise; no header gets around it`,
      onset: startOf(explains),
      explains: explains.filter(({ attempt }) => attempt.failed),
      rank: 'cause',
    },
  ];
};

/** The counter of the headers was not at zero when we began, or grows faster than we call. */
function sharedWithOthers(facts: Facts): string | undefined {
  const counted = facts.http.flatMap(({ attempt, start }) => {
    const { count } = answeredIn(attempt);
    return count === undefined ? [] : [{ count, start }];
  });
  const first = counted[0];
  if (first === undefined || first.start > 1 || first.count <= 5) return undefined;
  const before = facts.http.filter(({ start }) => start <= first.start).length;
  if (first.count <= before * 1.2 + 5) return undefined;
  return `the first answer already counted ${first.count} calls: the limit is shared with others`;
}

const windows = [1, 10, 60];

/** No 429 and no header, but so many get in each second, ten seconds or minute. */
const untold: Rule = (facts) => {
  if (facts.all.some(({ limited }) => limited)) return [];
  const refused = refusals(facts);
  if (refused.length < 5) return [];
  const plateau = plateauOf(facts, refused);
  const accepted = facts.ws.filter(({ attempt }) => attempt.status === 101);
  for (const width of windows) {
    const full = new Map<number, number>();
    for (const { start } of refused) full.set(Math.floor(start / width), 0);
    for (const { start, weight } of accepted) {
      const slot = Math.floor(start / width);
      if (full.has(slot)) full.set(slot, (full.get(slot) ?? 0) + weight);
    }
    // The last window may have been cut off by the end of the load.
    const lastStart = greatest(facts.ws.map(({ start }) => start));
    const whole = [...full].filter(([slot]) => (slot + 1) * width <= lastStart || full.size <= 2);
    if (whole.length < 2) continue;
    const level = median(whole.map(([, count]) => count));
    if (level < 2) continue;
    const even = whole.every(([, count]) => Math.abs(count - level) <= Math.max(1, 0.02 * level));
    const first = least(refused.map(({ start }) => start));
    const later = accepted.filter(
      ({ start }) => start > first && facts.heldAt(start) - 1 >= plateau.level,
    );
    if (!even || weigh(later) < 0.2 * weigh(refused)) continue;
    return [
      {
        rule: 'R2',
        subject: 'rate-limit',
        party: 'target',
        title: `about ${Math.round(level)} new sessions get in each ${width === 1 ? 'second' : time(width)}: a rate limit the target does not tell of`,
        confidence: 0.7,
        evidence: [
          `accepted by window of ${time(width)}: ${whole
            .map(([, count]) => Math.round(count))
            .slice(0, 8)
            .join(', ')}`,
          `${weigh(later)} sessions were accepted while as many were open as at the refusals (${plateau.level})`,
          `refused with ${answersOf(refused)}`,
        ],
        ruledOut: ['a limit of sessions at once: sessions got in again while none had left'],
        next: `start at most ${Math.floor((level / width) * 60 * 0.93)} sessions a minute`,
        onset: startOf(refused),
        explains: refused,
        rank: 'cause',
      },
    ];
  }
  return [];
};

const tokens: Rule = (facts) => {
  // Who declares that many token calls are meant need not be told of them.
  if (facts.input.tokensPerUser === true) return [];
  const calls = facts.http.filter(({ token }) => token);
  if (calls.length === 0) return [];
  const bad = calls.filter(({ attempt }) => attempt.status === 429 || attempt.status >= 500);
  const total = weigh(calls);
  const vus = Math.max(1, new Set(facts.all.map(({ attempt }) => attempt.vu)).size);
  if (total < Math.max(5, 0.5 * vus)) return [];
  const slow = tokenSlowdown(facts, calls);
  const hurt = bad.length > 0 || slow >= 3;
  return [
    {
      rule: 'K1',
      subject: 'token',
      party: 'script',
      title: 'each virtual user fetches a token of its own',
      confidence: hurt ? 0.97 : 0.6,
      evidence: [
        `${plural(total, 'token call')} of ${plural(vus, 'virtual user')}${bad.length > 0 ? `, ${weigh(bad)} of them refused (${answersOf(bad)})` : ''}`,
        ...(slow >= 3 ? [`token calls took ${slow.toFixed(1)} times as long as at first`] : []),
      ],
      ruledOut: ['one shared token would need one call, and one more when it expires'],
      next: 'share one token: oauth.shared({ tokenUrl, clientId, clientSecret })',
      onset: startOf(bad.length > 0 ? bad : calls),
      explains: bad,
      rank: hurt ? 'cause' : 'warning',
    },
  ];
};

function tokenSlowdown(facts: Facts, calls: readonly Seen[]): number {
  const good = calls.filter(({ attempt }) => !attempt.failed);
  const first = good.filter(({ start }) => start < facts.length / 4).map(({ total }) => total);
  const last = good.filter(({ start }) => start > (3 * facts.length) / 4).map(({ total }) => total);
  return first.length < 5 || last.length < 5 ? 1 : median(last) / median(first);
}

const expiry: Rule = (facts) => {
  const denied = facts.http.filter(({ attempt }) => attempt.status === 401);
  const good = new Set(facts.http.filter(({ attempt }) => !attempt.failed).map(({ name }) => name));
  const explains = denied.filter(({ name }) => good.has(name));
  if (explains.length < 2) return [];
  const first = startOf(explains);
  const users = new Set(explains.filter(({ end }) => end <= first + 5).map((s) => s.attempt.vu));
  const active = new Set(
    facts.all.filter((s) => s.start <= first + 5 && s.end >= first).map((s) => s.attempt.vu),
  );
  if (users.size < 0.5 * active.size || users.size < 2) return [];
  return [
    {
      rule: 'K3',
      subject: 'token',
      party: 'script',
      title: `the token expired for ${users.size} virtual users at once`,
      confidence: 0.85,
      evidence: [
        `${users.size} of ${active.size} active virtual users got 401 within 5 s, from ${time(first)} on; the same requests had gone well before`,
      ],
      ruledOut: ['the credentials are good: they had worked'],
      next: 'let oauth.shared() refresh the token early, with jitter, before it expires',
      onset: first,
      explains,
      rank: 'cause',
    },
  ];
};

const retryStorm: Rule = (facts) => {
  const { retries } = facts;
  const total = facts.count(({ cause }) => cause !== 'iteration-ended');
  if (retries.length < 20) return [];
  const amplification = total / Math.max(1, total - retries.length);
  if (amplification < 1.2) return [];
  const asked = retries.filter((one) => one.asked !== undefined && one.asked > 0);
  const early = asked.filter((one) => one.waited < 0.95 * (one.asked as number));
  const waits = retries.map(({ waited }) => waited);
  const fixed = variation(waits) < 0.1;
  const bins = new Map<number, number>();
  const starts = retries.map(({ seen }) => seen.start);
  for (const start of starts) {
    const bin = Math.floor((start * facts.scale) / 0.1);
    bins.set(bin, (bins.get(bin) ?? 0) + 1);
  }
  const from = Math.floor((least(starts) * facts.scale) / 0.1);
  const to = Math.floor((greatest(starts) * facts.scale) / 0.1);
  const counts = Array.from({ length: to - from + 1 }, (_, i) => bins.get(from + i) ?? 0);
  const flocks = asked.length === 0 && fano(counts) >= 5;
  const ignores = asked.length > 0 && early.length >= 0.5 * asked.length;
  if (!ignores && !flocks && !(fixed && asked.length === 0)) return [];
  return [
    {
      rule: 'K2',
      subject: 'retries',
      party: 'script',
      title: ignores
        ? 'retries come before the target asked for them, and make the overload worse'
        : 'retries come in flocks, and make the overload worse',
      confidence: 0.9,
      evidence: [
        `${plural(retries.length, 'retry').replace('retrys', 'retries')}: ${amplification.toFixed(1)} attempts for each request that was meant`,
        ...(asked.length > 0
          ? [
              `${percent(early.length / asked.length)} of those that were asked to wait did not: they waited ${time(median(waits))} where ${time(median(asked.map((one) => one.asked as number)))} was asked`,
            ]
          : [
              `they waited ${time(median(waits))}, ${fixed ? 'always the same' : 'and came together'}`,
            ]),
      ],
      ruledOut: [
        'a polite policy (Retry-After and jitter) has retries, too, but these are not spread out',
      ],
      next: "retry: backoff.fullJitter({ base: '1s', cap: '60s', honourRetryAfter: true })",
      onset: startOf(retries.map(({ seen }) => seen)),
      explains: [],
      rank: 'beside',
    },
  ];
};

/** Drops of open sessions that began only after the first 429. */
const secondary: Rule = (facts) => {
  const limited = facts.all.filter((seen) => seen.limited);
  if (limited.length === 0) return [];
  const first = startOf(limited);
  const dropped = facts.ws.filter(
    ({ attempt }) =>
      attempt.status === 101 &&
      attempt.failed &&
      attempt.initiator === 'peer' &&
      !isRefusal(attempt),
  );
  const after = dropped.filter(({ end }) => end >= first);
  if (dropped.length === 0 || weigh(after) < 0.95 * weigh(dropped)) return [];
  return [
    {
      rule: 'R3',
      subject: 'sessions',
      party: 'target',
      title: 'open sessions were dropped after the rate limit had begun to bite',
      confidence: 0.6,
      evidence: [
        `${plural(weigh(after), 'session')} dropped, all after the first 429 (${time(first)})`,
        `they ended with ${answersOf(after)}`,
      ],
      ruledOut: ['none was dropped before the first 429'],
      next: 'stay below the rate limit first, then look whether sessions are still dropped',
      onset: startOf(after),
      explains: after,
      rank: 'cause',
    },
  ];
};

export const rateRules: readonly Rule[] = [told, untold, tokens, expiry, retryStorm, secondary];
