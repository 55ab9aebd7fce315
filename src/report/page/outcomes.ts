import type { ResultMetric } from '../../results/contract.ts';
import type { FailureRow } from '../page-data.ts';
import type { Drawn } from './chart.ts';
import { copyButton, h, put } from './dom.ts';
import type { Model } from './model.ts';
import { causeWords } from './overview.ts';
import { type Panel, panel, section } from './panel.ts';
import { type Column, table } from './table.ts';
import { brief, clock, digits, metricValue } from './units.ts';

/** What was asked of the run: thresholds, and checks in their groups. */
export function demandsSection(model: Model): Panel {
  const thresholds = (): {
    metric: ResultMetric;
    source: string;
    ok: boolean;
    actual: number | undefined;
  }[] =>
    (model.data.end?.metrics ?? []).flatMap((metric) =>
      metric.thresholds.map((one) => ({ metric, ...one })),
    );
  type Row = ReturnType<typeof thresholds>[number];
  return section('checks', 'Thresholds and checks', [
    panel({
      title: 'Thresholds',
      question: 'Did the run meet what was asked of it?',
      size: 'half',
      when: () => thresholds().length > 0,
      body: table<Row>(
        [
          {
            title: '',
            sort: (r) => Number(r.ok),
            cell: (r) => h('span', { class: r.ok ? 'ok' : 'bad' }, r.ok ? '✓ met' : '✗ crossed'),
          },
          {
            title: 'Metric',
            class: 'name',
            sort: (r) => r.metric.name,
            cell: (r) => r.metric.name,
          },
          { title: 'Threshold', cell: (r) => h('code', {}, r.source) },
          {
            title: 'Measured',
            class: 'num',
            exact: (r) => r.actual,
            cell: (r) =>
              r.actual === undefined
                ? 'nothing'
                : metricValue(r.metric.kind, r.metric.contains, statOf(r.source), r.actual),
          },
        ],
        thresholds,
      ),
    }),
    panel({
      title: 'Checks and groups',
      question: 'Which expectations of the script held, and where did they not?',
      size: 'half',
      when: () => (model.data.end?.checks.length ?? 0) > 0,
      body: checkTree(model),
    }),
  ]);
}

function statOf(source: string): string {
  return /^\s*([a-z]+(?:\([\d.]+\))?)/.exec(source)?.[1] ?? '';
}

function checkTree(model: Model): Drawn {
  const element = h('div');
  return {
    element,
    update() {
      const { checks = [], groups = [] } = model.data.end ?? {};
      const children = (path: string): string[] =>
        groups.filter(
          (group) => group.startsWith(`${path}::`) && !group.slice(path.length + 2).includes('::'),
        );
      const branch = (path: string): HTMLElement =>
        h(
          'ul',
          { class: 'tree' },
          ...checks
            .filter(({ group }) => group === path)
            .map(({ name, passes, fails }) => {
              const share = passes / Math.max(1, passes + fails);
              return h(
                'li',
                {},
                h(
                  'div',
                  { class: 'row' },
                  h('span', { class: fails === 0 ? 'ok' : 'bad' }, fails === 0 ? '✓' : '✗'),
                  h('span', {}, name),
                  h(
                    'span',
                    { class: 'end' },
                    `${brief(share, '%')} of ${digits(passes + fails)} `,
                    h(
                      'span',
                      { class: 'meter', style: `--fill: var(--${fails === 0 ? 'teal' : 'red'})` },
                      h('i', { style: `width: ${share * 100}%` }),
                    ),
                  ),
                ),
              );
            }),
          ...children(path).map((group) =>
            h(
              'li',
              {},
              h('div', { class: 'row group' }, group.slice(path.length + 2)),
              branch(group),
            ),
          ),
        );
      put(element, branch(''));
    },
  };
}

/** Every metric with its numbers, as the summary has them. */
export function metricsSection(model: Model): Panel {
  const metrics = (kind: (metric: ResultMetric) => boolean) => (): ResultMetric[] =>
    (model.data.end?.metrics ?? []).filter(
      (metric) => kind(metric) && Object.values(metric.values).some((v) => v !== 0),
    );
  const trends = metrics(({ kind }) => kind === 'trend');
  const others = metrics(({ kind }) => kind !== 'trend');
  const name: Column<ResultMetric> = {
    title: 'Metric',
    class: 'name',
    sort: (m) => m.name,
    cell: (m) => h('span', { 'data-metric': m.name }, m.name),
  };
  const stat = (title: string, key: string): Column<ResultMetric> => ({
    title,
    class: 'num',
    sort: (m) => m.values[key] ?? Number.NEGATIVE_INFINITY,
    exact: (m) => m.values[key],
    cell: (m) =>
      m.values[key] === undefined ? '' : metricValue(m.kind, m.contains, key, m.values[key]),
  });
  return section('metrics', 'Metrics', [
    panel({
      title: 'Trends',
      question: 'How are times and sizes distributed over the whole run?',
      when: () => trends().length > 0,
      long: true,
      body: table(
        [
          name,
          ...['avg', 'min', 'med', 'max', 'p(90)', 'p(95)', 'p(99)', 'count'].map((key) =>
            stat(key, key),
          ),
        ],
        trends,
      ),
    }),
    panel({
      title: 'Counters, rates and gauges',
      question: 'How much and how often, over the whole run?',
      when: () => others().length > 0,
      long: true,
      body: table(
        [
          name,
          { title: 'Kind', sort: (m) => m.kind, cell: (m) => m.kind },
          stat('count', 'count'),
          stat('rate', 'rate'),
          stat('passes', 'passes'),
          stat('fails', 'fails'),
          stat('last', 'value'),
          stat('min', 'min'),
          stat('max', 'max'),
        ],
        others,
      ),
    }),
  ]);
}

/** What failed: exact counts by kind, and the first and last of each with their ids. */
export function failuresSection(model: Model): Panel {
  type Outcome = NonNullable<Model['data']['end']>['outcomes'][number];
  const outcomes = (): Outcome[] =>
    [...(model.data.end?.outcomes ?? [])].sort((a, b) => b.count - a.count);
  const since = (ms: number): string => clock(Math.max(0, ms - model.data.begin.startedAt), true);
  const failures = (): readonly FailureRow[] => model.data.facts.failures;
  const ids = (): string =>
    failures()
      .flatMap((row) => Object.values(row.ids))
      .join('\n');
  const list = table<FailureRow>(
    [
      { title: 'At', class: 'num', sort: (r) => r.at, cell: (r) => clock(r.at, true) },
      {
        title: 'Took',
        class: 'num',
        sort: (r) => r.total,
        exact: (r) => r.total,
        cell: (r) => brief(r.total, 'ms'),
      },
      {
        title: 'What',
        class: 'name',
        sort: (r) => r.name,
        cell: (r) => named(r.kind === 'ws' ? 'WebSocket' : r.method, r.name),
      },
      { title: 'Code', sort: (r) => r.outcome, cell: (r) => r.outcome },
      {
        title: 'How it ended',
        class: 'text',
        sort: (r) => r.cause,
        cell: (r) => r.message || causeWords(r.cause),
      },
      { title: 'Phase', sort: (r) => r.phase, cell: (r) => r.phase },
      { title: 'Under way', class: 'num', sort: (r) => r.open, cell: (r) => digits(r.open) },
      { title: 'VU', class: 'num', sort: (r) => r.vu, cell: (r) => String(r.vu) },
      { title: 'Try', class: 'num', sort: (r) => r.attempt, cell: (r) => String(r.attempt) },
      {
        title: 'Correlation ids',
        class: 'text',
        cell: (r) =>
          h(
            'span',
            {},
            ...Object.entries(r.ids).map(([header, id]) =>
              h('code', { title: header, class: 'id' }, id),
            ),
          ),
      },
    ],
    failures,
  );
  return section('failures', 'Attempts and failures', [
    panel({
      title: 'How attempts ended',
      question: 'What happened how often? Every attempt is counted here once.',
      when: () => outcomes().length > 0,
      long: true,
      body: table<Outcome>(
        [
          {
            title: 'Count',
            class: 'num',
            sort: (r) => r.count,
            exact: (r) => r.count,
            cell: (r) => digits(r.count),
          },
          {
            title: '',
            sort: (r) => Number(r.failed),
            cell: (r) =>
              h('span', { class: r.failed ? 'bad' : 'ok' }, r.failed ? '✗ failed' : '✓ fine'),
          },
          {
            title: 'What',
            class: 'name',
            sort: (r) => r.name,
            cell: (r) => named(r.kind === 'ws' ? 'WebSocket' : 'HTTP', r.name),
          },
          {
            title: 'Code',
            sort: (r) => r.code,
            cell: (r) => (r.code === 0 ? '–' : String(r.code)),
          },
          {
            title: 'How it ended',
            class: 'text',
            sort: (r) => r.cause,
            cell: (r) => causeWords(r.cause),
          },
          { title: 'First', class: 'num', sort: (r) => r.first, cell: (r) => since(r.first) },
          { title: 'Last', class: 'num', sort: (r) => r.last, cell: (r) => since(r.last) },
        ],
        outcomes,
      ),
    }),
    panel({
      title: 'First and last failures',
      question: 'Which single attempts can the people who run the target look up?',
      when: () => failures().length > 0,
      long: true,
      body: {
        element: h(
          'div',
          {},
          h('div', { class: 'tools', style: 'margin: 0 0 8px' }, copyButton('Copy all ids', ids)),
          list.element,
        ),
        update: list.update,
      },
    }),
  ]);
}

/** The host is the same in nearly all of them, so that it only stands where one points. */
function named(what: string, name: string): HTMLElement {
  return h('span', { title: name }, `${what} ${name.replace(/^\w+:\/\/[^/]+(?=\/)/, '')}`);
}

/** Plan, machine, and what is missing. */
export function aboutSection(model: Model): Panel {
  const element = h('section', { id: 'about' });
  return {
    element,
    update() {
      const { begin, end } = model.data;
      const { environment, script, shards, description, options } = begin;
      const { tlsAuth: _, ...shown } = options;
      const caveats = end?.caveats ?? [];
      const pair = (name: string, value: string): Node[] => [h('dt', {}, name), h('dd', {}, value)];
      put(
        element,
        h('h2', {}, 'About this run'),
        h(
          'div',
          { class: 'grid' },
          caveats.length > 0 &&
            h(
              'article',
              { class: 'card' },
              h('h3', {}, 'What is missing from these numbers'),
              h('ul', { style: 'padding-left: 18px' }, ...caveats.map((line) => h('li', {}, line))),
            ),
          h(
            'article',
            { class: 'card' },
            h(
              'dl',
              { class: 'pairs' },
              ...description.flatMap((line, i) => pair(i === 0 ? 'plan' : '', line.trim())),
              ...pair(
                'machine',
                `${environment.platform}, ${environment.processors} processors, ${brief(environment.memory, 'bytes')}, node ${environment.node}`,
              ),
              ...pair('threads', String(shards)),
              ...pair('program', `SHA-256 ${script.hash}`),
            ),
            h(
              'details',
              { class: 'plain' },
              h('summary', {}, 'All options'),
              h('pre', {}, JSON.stringify(shown, undefined, 2)),
            ),
          ),
        ),
      );
    },
  };
}
