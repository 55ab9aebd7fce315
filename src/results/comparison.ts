/** Results held against each other: what is different, and whether that is more than chance. */
import { Trend } from '../metrics/trend.ts';
import type { Result, ResultSecond } from './contract.ts';
import { unpackTrend } from './packed-trend.ts';

/** How a change is to be taken: by what is measured, less or more is better. */
export type Sense = 'worse' | 'better' | 'other' | 'none';

export interface ComparedStat {
  metric: string;
  /** `p(95)`, `rate`, `avg` … */
  stat: string;
  contains: 'default' | 'time' | 'data' | 'share';
  before: number;
  after: number;
  /** Change in parts of the value before: 0.1 for 10 % more. NaN when that was 0. */
  change: number;
  /** Between these the change lies with 99 % confidence, from resampled seconds. */
  least: number;
  most: number;
  sense: Sense;
}

export interface Comparison {
  /** What differs in the plans, a sentence each; none when they are the same. */
  plan: readonly string[];
  stats: readonly ComparedStat[];
  /** Verdicts that only one of them has. */
  gone: readonly string[];
  come: readonly string[];
}

/** Below this share a change is called none, however sure it is: machines differ by as much from run to run. */
const leastEffect = 0.05;
const rounds = 200;
const trendStats = ['med', 'p(95)', 'p(99)'] as const;
/** Of a metric that only grows with the run, or tells of ourselves, a comparison says nothing. */
const leftOut =
  /^(vurun_|vus|iteration_lateness|data_|ws_data_|ws_open|group_duration|http_req_(blocked|connecting|tls_handshaking|sending|receiving|waiting)$)/;

/** Compares a run with the one before it. */
export function compare(before: Result, after: Result): Comparison {
  const seconds = [steady(before), steady(after)] as const;
  const names = metricsOf(before).filter((name) => metricsOf(after).includes(name));
  const random = seeded(1);
  const stats = names.flatMap((name) => compareMetric(name, seconds, random));
  const titles = (result: Result): string[] =>
    [...(result.end?.diagnosis.verdicts ?? []), ...(result.end?.diagnosis.further ?? [])].map(
      // Numbers vary from run to run; the rule is what was found.
      ({ rule, title }) => `${rule}: ${title}`,
    );
  const rule = (title: string): string => title.slice(0, 2);
  const [first, second] = [titles(before), titles(after)];
  return {
    plan: planDifferences(before, after),
    stats,
    gone: first.filter((one) => !second.some((other) => rule(other) === rule(one))),
    come: second.filter((one) => !first.some((other) => rule(other) === rule(one))),
  };
}

/** Whether anything is different that matters. */
export function isDifferent({ stats, come, gone }: Comparison): boolean {
  return come.length > 0 || gone.length > 0 || stats.some(({ sense }) => sense !== 'none');
}

/** The seconds between ramp-up and wind-down: those with at least half of the usual load. */
function steady({ seconds }: Result): ResultSecond[] {
  const loads = seconds.map(({ sums }) => sums['iterations']?.[1] ?? sums['http_reqs']?.[1] ?? 0);
  const usual = [...loads].sort((a, b) => a - b)[Math.floor(loads.length / 2)] ?? 0;
  const kept = seconds.filter((_, index) => (loads[index] as number) >= usual / 2);
  // The first second opens connections and compiles code.
  return kept.length > 3 ? kept.slice(1) : [...seconds];
}

function metricsOf({ seconds, end }: Result): string[] {
  const names = new Set<string>();
  if (end !== undefined) for (const { name } of end.metrics) names.add(name);
  else {
    for (const { sums, trends } of seconds) {
      for (const name of [...Object.keys(sums), ...Object.keys(trends)]) names.add(name);
    }
  }
  return [...names].filter((name) => !leftOut.test(name)).sort();
}

type Pair<T> = readonly [T, T];

function compareMetric(
  name: string,
  seconds: Pair<readonly ResultSecond[]>,
  random: () => number,
): ComparedStat[] {
  const [a, b] = seconds;
  if (a.some(({ trends }) => name in trends) && b.some(({ trends }) => name in trends)) {
    const samples = [a, b].map((side) =>
      side.flatMap(({ trends }) => {
        const found = trends[name];
        return found === undefined ? [] : [unpackTrend(...found)];
      }),
    ) as [ReturnType<typeof unpackTrend>[], ReturnType<typeof unpackTrend>[]];
    const at = (side: readonly ReturnType<typeof unpackTrend>[]): number[] => {
      const trend = new Trend('time');
      for (const delta of side) trend.merge(delta);
      return trendStats.map((stat) =>
        trend.percentile(stat === 'med' ? 50 : Number(stat.slice(2, -1))),
      );
    };
    return judged(name, trendStats, 'time', samples, at, random);
  }
  if (a.some(({ sums }) => name in sums) && b.some(({ sums }) => name in sums)) {
    const isRate = /^(checks|http_req_failed|session_failed)(\{|$)/.test(name);
    const samples = [a, b].map((side) =>
      side.map(({ sums }) => sums[name] ?? ([0, 0] as const)),
    ) as [(readonly [number, number])[], (readonly [number, number])[]];
    const at = (side: readonly (readonly [number, number])[]): number[] => {
      const count = side.reduce((sum, [one]) => sum + one, 0);
      const total = side.reduce((sum, [, one]) => sum + one, 0);
      return [isRate ? total / Math.max(1, count) : total / Math.max(1, side.length)];
    };
    return judged(
      name,
      [isRate ? 'rate' : 'per second'],
      isRate ? 'share' : 'default',
      samples,
      at,
      random,
    );
  }
  return [];
}

/** Values of both sides, and how far the change goes when seconds are drawn anew. */
function judged<T>(
  metric: string,
  stats: readonly string[],
  contains: ComparedStat['contains'],
  [a, b]: Pair<readonly T[]>,
  at: (side: readonly T[]) => number[],
  random: () => number,
): ComparedStat[] {
  if (a.length === 0 || b.length === 0) return [];
  const [before, after] = [at(a), at(b)];
  const changes: number[][] = stats.map(() => []);
  for (let round = 0; round < rounds; round++) {
    const [x, y] = [at(drawn(a, random)), at(drawn(b, random))];
    stats.forEach((_, i) => changes[i]?.push(changeOf(x[i] as number, y[i] as number)));
  }
  return stats.map((stat, i) => {
    const sorted = (changes[i] as number[]).filter(Number.isFinite).sort((p, q) => p - q);
    const change = changeOf(before[i] as number, after[i] as number);
    const least = sorted[Math.floor(0.005 * sorted.length)] ?? Number.NaN;
    const most = sorted[Math.ceil(0.995 * sorted.length) - 1] ?? Number.NaN;
    const value = { before: before[i] as number, after: after[i] as number };
    return {
      metric,
      stat,
      contains,
      ...value,
      change,
      least,
      most,
      sense: senseOf(metric, contains, value, { change, least, most }),
    };
  });
}

function senseOf(
  metric: string,
  contains: ComparedStat['contains'],
  { before, after }: { before: number; after: number },
  { change, least, most }: { change: number; least: number; most: number },
): Sense {
  if (contains === 'share') {
    // Shares are compared by their difference: 0 to 2 % is no change of infinite size.
    if (Math.abs(after - before) < 0.01) return 'none';
    const more = after > before;
    return more === metric.startsWith('checks') ? 'better' : 'worse';
  }
  const sure = least > 0 || most < 0;
  if (!sure || Math.abs(change) < leastEffect || Number.isNaN(change)) return 'none';
  if (contains === 'time') return change > 0 ? 'worse' : 'better';
  if (/fail|dropped|lost|retries|leaked/.test(metric)) return change > 0 ? 'worse' : 'better';
  return 'other';
}

function changeOf(before: number, after: number): number {
  if (before === after) return 0;
  return before === 0 ? Number.NaN : after / before - 1;
}

/** As many again, drawn with replacement in blocks: neighbouring seconds are alike. */
function drawn<T>(items: readonly T[], random: () => number): T[] {
  const block = Math.max(1, Math.round(Math.sqrt(items.length) / 2));
  const taken: T[] = [];
  while (taken.length < items.length) {
    const from = Math.floor(random() * items.length);
    for (let i = 0; i < block && taken.length < items.length; i++) {
      taken.push(items[(from + i) % items.length] as T);
    }
  }
  return taken;
}

/** The same comparison comes to the same end each time. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x9e3779b9) >>> 0;
    let z = state;
    z = Math.imul(z ^ (z >>> 16), 0x21f0aaad);
    z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
    return ((z ^ (z >>> 15)) >>> 0) / 2 ** 32;
  };
}

function planDifferences(before: Result, after: Result): string[] {
  const said: string[] = [];
  const [a, b] = [before.begin, after.begin];
  if (a.script.hash !== b.script.hash)
    said.push(`the scripts differ (${a.script.name}, ${b.script.name})`);
  const plan = (begin: typeof a): string => JSON.stringify(begin.options['scenarios']);
  if (plan(a) !== plan(b)) {
    said.push(`the plans differ: ${a.description.join(' ')} — ${b.description.join(' ')}`);
  }
  if (a.vurun !== b.vurun) said.push(`vurun ${a.vurun} and ${b.vurun}`);
  if (JSON.stringify(a.environment) !== JSON.stringify(b.environment)) {
    said.push('the machines that ran them differ');
  }
  for (const [which, { end }] of [
    ['first', before],
    ['second', after],
  ] as const) {
    if (end === undefined) said.push(`the ${which} run was killed before its end`);
    else if (!end.diagnosis.gate.healthy)
      said.push(`the generator of the ${which} run was not healthy`);
  }
  return said;
}
