import type { Initiator } from '../../attempts/cause.ts';
import { cellsPerDecade } from '../page-data.ts';
import { barsChart, type Drawn, type Line, type Mark, timeChart } from './chart.ts';
import { h, put } from './dom.ts';
import type { Model } from './model.ts';
import { type Panel, panel, section } from './panel.ts';
import { table } from './table.ts';
import type { Colour } from './theme.ts';
import { brief, clock, digits } from './units.ts';

/** What came back: statuses, failures, limits, retries. */
export function answersSection(model: Model): Panel {
  const limited = (): boolean => model.data.facts.limits.length > 0 || tooMany(model) > 0;
  return section('answers', 'Answers and failures', [
    panel({
      title: 'Status codes over time',
      question: 'Which answers came when, and when did they change?',
      unit: 'HTTP answers a second, on top of each other',
      size: 'half',
      when: () => model.parts('http_reqs').length > 0,
      body: timeChart(model, () => ({
        unit: '/s',
        stacked: true,
        lines: statusLines(model, 'http_reqs'),
      })),
    }),
    panel({
      title: 'Upgrades over time',
      question: 'When were WebSockets let in, and when were they refused with what?',
      unit: 'answers to upgrades a second, on top of each other',
      size: 'half',
      when: () => model.parts('ws_sessions').length > 0,
      body: timeChart(model, () => ({
        unit: '/s',
        stacked: true,
        lines: statusLines(model, 'ws_sessions'),
      })),
    }),
    panel({
      title: 'Time to failure',
      question: 'Do failures come after a fixed time, and is that our own timer or the target’s?',
      unit: 'failures by the time they took',
      when: () => model.data.facts.failureTimes.length > 0,
      body: barsChart(() => ({
        unit: 'ms',
        perDecade: cellsPerDecade,
        layers: (['peer', 'unknown', 'local'] as const)
          .map((by) => ({
            label: initiators[by].label,
            colour: initiators[by].colour,
            cells: failureCells(model, by),
          }))
          .filter(({ cells }) => cells.size > 0),
        marks: timerMarks(model),
      })),
      note: () => sampleNote(model),
    }),
    panel({
      title: 'Rate limits',
      question: 'When did the target ask us to slow down, and what did it let through?',
      unit: 'answers a second',
      size: 'half',
      when: limited,
      body: timeChart(model, () => ({
        unit: '/s',
        lines: [
          {
            label: 'let through',
            values: model.partRate('http_reqs', (part) => /^[23]/.test(part)),
            colour: 'blue',
            width: 2,
            area: true,
          },
          { label: '429', values: both(model, '429'), colour: 'orange', width: 2 },
          ...(both(model, '503').some((v) => v > 0)
            ? [{ label: '503', values: both(model, '503'), colour: 'red', dash: [5, 4] } as const]
            : []),
        ],
      })),
    }),
    panel({
      title: 'What the limit said',
      question: 'How large is it, how long are we to wait, and did we?',
      size: 'half',
      when: limited,
      body: limitFacts(model),
    }),
    panel({
      title: 'Retries',
      question: 'How many attempts does one success take, and do retries make it worse?',
      size: 'half',
      when: () => model.data.facts.tries.some(([n]) => n > 1) || model.parts('retries').length > 0,
      body: retries(model),
      note: () => sampleNote(model),
    }),
  ]);
}

/** Statuses by their class, those with a meaning of their own apart. */
const classes: readonly { label: string; colour: Colour; test: RegExp }[] = [
  { label: '2xx', colour: 'blue', test: /^2/ },
  { label: '101', colour: 'blue', test: /^101$/ },
  { label: '3xx', colour: 'teal', test: /^3/ },
  { label: '429', colour: 'gold', test: /^429$/ },
  { label: '4xx', colour: 'orange', test: /^4(?!29)/ },
  { label: '5xx', colour: 'red', test: /^5/ },
  { label: 'no answer', colour: 'purple', test: /^(0|)$/ },
];

function statusLines(model: Model, metric: string): Line[] {
  const parts = model.parts(metric).map(([part]) => part);
  const lines = classes.flatMap(({ label, colour, test }): Line[] => {
    const mine = parts.filter((part) => test.test(part));
    if (mine.length === 0) return [];
    // A class with one member is called by its name.
    const name = mine.length === 1 && label !== 'no answer' ? (mine[0] as string) : label;
    return [
      { label: name, colour, values: model.partRate(metric, (part) => test.test(part)), width: 1 },
    ];
  });
  const others = parts.filter((part) => !classes.some(({ test }) => test.test(part)));
  if (others.length > 0) {
    lines.push({
      label: 'other',
      colour: 'grey',
      values: model.partRate(metric, (part) => others.includes(part)),
      width: 1,
    });
  }
  return lines;
}

const initiators: Readonly<Record<Initiator, { label: string; colour: Colour }>> = {
  local: { label: 'ended by us: a timer, a limit', colour: 'orange' },
  peer: { label: 'ended by the target: an answer, a close', colour: 'blue' },
  unknown: { label: 'not known', colour: 'grey' },
};

function failureCells(model: Model, by: Initiator): Map<number, number> {
  const cells = new Map<number, number>();
  for (const { ms, initiator } of model.data.facts.failureTimes) {
    if (initiator !== by) continue;
    const cell = Math.floor(Math.log10(Math.max(0.01, ms)) * cellsPerDecade);
    cells.set(cell, (cells.get(cell) ?? 0) + 1);
  }
  return cells;
}

/** Where timers are known to fire: those of ours that did, and round times at which the target ended things. */
function timerMarks(model: Model): Mark[] {
  const { failureTimes } = model.data.facts;
  const marks: Mark[] = [];
  const ours = new Set<number>();
  for (const { ms, initiator, cause } of failureTimes) {
    if (initiator !== 'local' || !/timeout|unanswered/.test(cause)) continue;
    // Timers fire a little after their time.
    ours.add(Number((ms * 0.998).toPrecision(2)));
  }
  for (const at of [...ours].slice(0, 4))
    marks.push({ at, label: `our timer ${brief(at, 'ms')}`, colour: 'orange' });
  for (const at of [5_000, 10_000, 15_000, 30_000, 60_000, 120_000, 300_000]) {
    const near = failureTimes.filter(
      ({ ms, initiator }) => initiator !== 'local' && ms >= at * 0.99 && ms <= at * 1.05,
    );
    if (
      near.length >= 3 &&
      near.length >= failureTimes.length * 0.05 &&
      !marks.some((mark) => Math.abs(mark.at / at - 1) < 0.1)
    ) {
      marks.push({ at, label: `the target at ${brief(at, 'ms')}`, colour: 'blue' });
    }
  }
  return marks;
}

/** Says when what is shown is only a part. */
function sampleNote(model: Model): string | undefined {
  const { end, facts } = model.data;
  if (end === undefined) return 'From a few records of failures a second: the run did not end.';
  const all = end.outcomes.reduce((sum, { count }) => sum + count, 0);
  return all > facts.records
    ? `From ${digits(facts.records)} records that were kept of ${digits(all)} attempts, failures first.`
    : undefined;
}

function both(model: Model, status: string): number[] {
  const ws = model.partRate('ws_sessions', (part) => part === status);
  return model
    .partRate('http_reqs', (part) => part === status)
    .map((v, i) => v + (ws[i] as number));
}

function tooMany(model: Model): number {
  return [...model.parts('http_reqs'), ...model.parts('ws_sessions')]
    .filter(([part]) => part === '429')
    .reduce((sum, [, count]) => sum + count, 0);
}

function limitFacts(model: Model): Drawn {
  const element = h('dl', { class: 'pairs' });
  return {
    element,
    update() {
      const { limits, obeyed, violated } = model.data.facts;
      const pairs: [string, string][] = [];
      const add = (name: string, value: string | undefined): void => {
        if (value !== undefined) pairs.push([name, value]);
      };
      const all = model.parts('http_reqs').reduce((sum, [, count]) => sum + count, 0);
      const refused = tooMany(model);
      add(
        '429 answers',
        `${digits(refused)}${all > 0 ? ` (${brief(refused / Math.max(1, all), '%')} of requests)` : ''}`,
      );
      const first = model.points.find(
        ({ parts }) => (parts['http_reqs']?.['429'] ?? parts['ws_sessions']?.['429'] ?? 0) > 0,
      );
      add('first after', first && clock(first.t));
      const through = model
        .parts('http_reqs')
        .filter(([part]) => part.startsWith('2'))
        .reduce((sum, [, count]) => sum + count, 0);
      const minutes = (model.points.at(-1)?.t ?? 0) / 60_000;
      if (minutes > 0.2)
        add(
          'let through',
          `${digits(through / minutes)} requests a minute on average; at most ${digits(bestMinute(model))} in any minute`,
        );
      const waits = limits.flatMap(({ retryAfter }) => retryAfter ?? []).sort((a, b) => a - b);
      if (waits.length > 0) {
        add(
          'Retry-After',
          `${brief(waits[0] as number, 'ms')} to ${brief(waits.at(-1) as number, 'ms')}, ${brief(waits[Math.floor(waits.length / 2)] as number, 'ms')} in the middle`,
        );
      } else if (refused > 0) add('Retry-After', 'never given');
      const allowed = [...new Set(limits.flatMap(({ allowed: value }) => value ?? []))];
      if (allowed.length > 0)
        add('limit headers', `${allowed.slice(0, 5).map(digits).join(', ')} allowed`);
      const counts = limits.flatMap(({ count }) => count ?? []);
      if (counts.length > 0)
        add('calls counted', `up to ${digits(Math.max(...counts))} by the target’s own headers`);
      if (obeyed + violated > 0)
        add(
          'waits obeyed',
          `${digits(obeyed)} of ${digits(obeyed + violated)} retries waited as long as they were asked to`,
        );
      put(element, ...pairs.flatMap(([name, value]) => [h('dt', {}, name), h('dd', {}, value)]));
    },
  };
}

/** The most successes in any 60 seconds. */
function bestMinute(model: Model): number {
  let [best, sum, from] = [0, 0, 0];
  const good = model.points.map(({ parts }) =>
    Object.entries(parts['http_reqs'] ?? {}).reduce(
      (all, [part, count]) => all + (part.startsWith('2') ? count : 0),
      0,
    ),
  );
  model.points.forEach(({ t }, i) => {
    sum += good[i] as number;
    while (t - (model.points[from]?.t ?? 0) >= 60_000) sum -= good[from++] as number;
    best = Math.max(best, sum);
  });
  return best;
}

function retries(model: Model): Drawn {
  const first = (): number => Math.max(1, model.data.facts.tries.find(([n]) => n === 1)?.[1] ?? 1);
  const rows = table<readonly [number, number, number]>(
    [
      {
        title: 'Attempt',
        class: 'num',
        sort: ([n]) => n,
        cell: ([n]) => (n === 1 ? 'first' : `${n}.`),
      },
      {
        title: 'Made',
        class: 'num',
        sort: ([, count]) => count,
        cell: ([, count]) => digits(count),
      },
      {
        title: 'for each first one',
        class: 'num',
        sort: ([, count]) => count,
        cell: ([, count]) => brief(count / first(), '%'),
      },
      {
        title: 'Failed',
        class: 'num',
        sort: ([, , failed]) => failed,
        cell: ([, , failed]) => digits(failed),
      },
      {
        title: 'of them',
        class: 'num',
        sort: ([, count, failed]) => failed / count,
        cell: ([, count, failed]) => brief(failed / count, '%'),
      },
    ],
    () => model.data.facts.tries,
  );
  const line = h('p', { class: 'fine' });
  return {
    element: h('div', {}, line, rows.element),
    update() {
      rows.update();
      const { tries } = model.data.facts;
      const made = tries.reduce((sum, [, count]) => sum + count, 0);
      const good = tries.reduce((sum, [, count, failed]) => sum + count - failed, 0);
      const reasons = model
        .parts('retries')
        .map(([reason, count]) => `${digits(count)} × ${reason}`);
      put(
        line,
        good > 0 ? `${digits(made / good)} attempts for each success. ` : '',
        reasons.length > 0 ? `Retried for: ${reasons.join(', ')}.` : '',
      );
    },
  };
}
