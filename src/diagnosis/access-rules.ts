/** Requests that could never work: wrong places, wrong credentials, nobody there. */
import type { Cause } from '../attempts/cause.ts';
import { type Facts, type Seen, weigh } from './facts.ts';
import {
  answersOf,
  type Finding,
  namesOf,
  percent,
  plural,
  type Rule,
  startOf,
  time,
} from './rule.ts';
import { greatest, least } from './statistics.ts';

/** Attempts by name, with how many of them there were in all. */
function byName(facts: Facts): { name: string; seen: Seen[]; total: number }[] {
  const names = new Map<string, Seen[]>();
  for (const seen of facts.all) {
    if (seen.attempt.attempt > 1 || seen.attempt.cause === 'iteration-ended') continue;
    const key = `${seen.attempt.kind} ${seen.attempt.method} ${seen.name}`;
    const known = names.get(key);
    if (known === undefined) names.set(key, [seen]);
    else known.push(seen);
  }
  return [...names.values()].map((seen) => ({
    name: seen[0]?.name ?? '',
    seen,
    total: Math.max(1, weigh(seen)),
  }));
}

/** Nearly all attempts at a name failed so, from the first on, however few were under way. */
function alwaysFailed(
  facts: Facts,
  wanted: (seen: Seen) => boolean,
): { name: string; bad: Seen[]; total: number }[] {
  return byName(facts).flatMap(({ name, seen, total }) => {
    const bad = seen.filter(wanted);
    if (bad.length === 0 || weigh(bad) < 0.95 * total) return [];
    const first = least(seen.map(({ start }) => start));
    const early = seen.filter(({ start }) => start <= first + 1);
    return early.filter(wanted).length >= 0.95 * early.length ? [{ name, bad, total }] : [];
  });
}

/** The same share with few and with many under way: what is wrong is wrong for everybody. */
function loadLine(bad: readonly Seen[], total: number): string {
  const open = bad.map(({ attempt }) => attempt.openAtStart);
  const [few, many] = [least(open), greatest(open)];
  const load = few === many ? '' : `, with ${few} as with ${many} under way`;
  return `${percent(weigh(bad) / total)} of ${total} failed${load}`;
}

/** Always, of so many: once or twice may be chance, where much else went well. */
function sureOf(total: number): number {
  return total < 5 ? 0.8 : 0.97;
}

const endpoint: Rule = (facts) =>
  alwaysFailed(facts, ({ attempt }) => [400, 404, 405, 501].includes(attempt.status)).map(
    ({ name, bad, total }): Finding => ({
      rule: 'E1',
      subject: 'configuration',
      party: 'script',
      title: `${name} is not something this target answers (${answersOf(bad).replace(/ × \d+/g, '')})`,
      confidence: sureOf(total),
      evidence: [loadLine(bad, total), ...bodyLine(bad)],
      ruledOut: ['it failed from the first request on, so it is no matter of load'],
      next: 'compare path, method and body with the target’s documentation',
      onset: startOf(bad),
      explains: bad,
      rank: 'cause',
    }),
  );

function bodyLine(seen: readonly Seen[]): string[] {
  const code = seen.find(({ attempt }) => attempt.bodyCode !== undefined)?.attempt.bodyCode;
  return code === undefined ? [] : [`the answer’s code is ${JSON.stringify(code)}`];
}

const credentials: Rule = (facts) => {
  const always = alwaysFailed(facts, ({ attempt }) => [401, 403].includes(attempt.status));
  const explains = always.flatMap(({ bad }) => bad);
  if (explains.length === 0) return [];
  const total = always.reduce((sum, one) => sum + one.total, 0);
  return [
    {
      rule: 'A1',
      subject: 'authentication',
      party: 'script',
      title: `the target refuses these credentials at ${namesOf(explains)} (${answersOf(explains).replace(/ × \d+/g, '')})`,
      confidence: 0.97,
      evidence: [loadLine(explains, total), ...bodyLine(explains)],
      ruledOut: ['no request of these names was ever let in, so no token has expired on the way'],
      next: 'check client id, secret, scopes and the Authorization header with a single request',
      onset: startOf(explains),
      explains,
      rank: 'cause',
    },
  ];
};

const unusable: Readonly<Partial<Record<Cause, string>>> = {
  'name-not-found': 'the name is not known',
  'connection-refused': 'nobody listens there',
  unreachable: 'there is no way there',
  'certificate-untrusted': 'its certificate is not from a known authority',
  'certificate-name': 'its certificate is for another name',
  'certificate-date': 'its certificate is not valid now',
  'not-tls': 'it does not speak TLS',
  'tls-failed': 'TLS cannot be agreed on',
  'not-http': 'it does not speak HTTP',
  'not-upgraded': 'it does not speak WebSocket at this path',
  'bad-upgrade': 'something between us and it breaks the WebSocket handshake',
  forbidden: 'an option of the test forbids it',
};

const address: Rule = (facts) =>
  Object.entries(unusable).flatMap(([cause, words]): Finding[] => {
    const always = alwaysFailed(facts, ({ attempt }) => attempt.cause === cause);
    const explains = always.flatMap(({ bad }) => bad);
    const later = facts.failures.filter(
      ({ attempt }) => attempt.cause === cause && !explains.some((one) => one.attempt === attempt),
    );
    const findings: Finding[] = [];
    const total = always.reduce((sum, one) => sum + one.total, 0);
    if (explains.length > 0) {
      findings.push({
        rule: 'E2',
        subject: 'configuration',
        party: 'script',
        title: `${namesOf(explains)} cannot be used: ${words}`,
        confidence: 0.97,
        evidence: [loadLine(explains, total), explains[0]?.attempt.message ?? ''],
        ruledOut: ['it was so from the first attempt on, so it is no matter of load'],
        next: 'check the address, the port and wss/ws or https/http with a single request',
        onset: startOf(explains),
        explains,
        rank: 'cause',
      });
    }
    if (later.length > 0 && (cause === 'connection-refused' || cause === 'unreachable')) {
      findings.push({
        rule: 'E2',
        subject: 'capacity',
        party: 'target',
        title: 'the target stopped taking connections in the middle of the run',
        confidence: 0.8,
        evidence: [
          `${plural(weigh(later), 'attempt')} were refused (${later[0]?.attempt.errno ?? cause}), the first after ${time(startOf(later))}`,
        ],
        ruledOut: ['earlier attempts at the same address were answered'],
        next: 'look whether the process behind it was restarted, crashed, or closed its listener',
        onset: startOf(later),
        explains: later,
        rank: 'cause',
      });
    }
    return findings;
  });

export const accessRules: readonly Rule[] = [endpoint, credentials, address];
