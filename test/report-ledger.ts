import type { MetricContains, MetricKind } from '../src/metrics/contract.ts';
import type {
  CheckView,
  LedgerView,
  MetricView,
  SeriesView,
  ThresholdView,
} from '../src/metrics/view.ts';

let nextId = 0;

/** A metric with the values it is said to have. */
export function metric(
  name: string,
  kind: MetricKind,
  contains: MetricContains,
  values: Record<string, number>,
  thresholds: readonly ThresholdView[] = [],
): MetricView {
  const [, parent, suffix] = /^(.*)\{(.*)\}$/.exec(name) ?? [];
  nextId += 1;
  return {
    name,
    metric: { id: nextId, name: parent ?? name, kind, contains },
    parent,
    suffix,
    empty: Object.keys(values).length === 0,
    count: values.count ?? 1,
    values: (stats) =>
      kind === 'trend'
        ? Object.fromEntries(stats.map((stat) => [stat, values[stat] ?? 0]))
        : values,
    thresholds,
  };
}

export function trend(name: string, stats: readonly number[], thresholds?: ThresholdView[]) {
  const names = ['avg', 'min', 'med', 'max', 'p(90)', 'p(95)'];
  const values = Object.fromEntries(stats.map((value, i) => [names[i] as string, value]));
  return metric(name, 'trend', 'time', values, thresholds);
}

export function threshold(
  source: string,
  ok: boolean,
  actual: number | undefined,
  abortOnFail = false,
): ThresholdView {
  return { source, ok, stat: source.replace(/[<>=].*/, ''), actual, abortOnFail };
}

export function ledgerOf(parts: {
  metrics?: readonly MetricView[];
  checks?: readonly CheckView[];
  groups?: readonly string[];
  series?: Readonly<Record<string, readonly SeriesView[]>>;
}): LedgerView {
  const metrics = parts.metrics ?? [];
  return {
    metrics: () => metrics,
    metric: (name) => metrics.find((view) => view.name === name),
    checks: () => parts.checks ?? [],
    groups: () => parts.groups ?? [],
    series: (name) => parts.series?.[name] ?? [],
  };
}

export function series(sum: number, tags: Record<string, string>, count = sum): SeriesView {
  return { sum, count, tags };
}

/** The ledger of the real k6 run whose output is the reference. */
export function sampleLedger(): LedgerView {
  return ledgerOf({
    metrics: [
      metric('checks', 'rate', 'default', { rate: 172 / 174, passes: 172, fails: 2 }, [
        threshold('rate>0.95', true, 172 / 174),
      ]),
      metric('data_received', 'counter', 'data', { count: 23_012, rate: 7_542 }),
      metric('data_sent', 'counter', 'data', { count: 8_481, rate: 2_780 }),
      trend('group_duration', [1, 1, 1, 1, 1, 1]),
      trend('http_req_blocked', [0.06473, 0.00152, 0.00394, 3.61, 0.01035, 0.01394]),
      trend(
        'http_req_duration',
        [1.47, 0.3392, 1.19, 15.63, 2.11, 2.9],
        [threshold('p(95)<500', true, 2.9), threshold('avg<200', true, 1.4781)],
      ),
      trend('http_req_duration{expected_response:true}', [1.47, 0.3392, 1.19, 15.63, 2.11, 2.9]),
      trend(
        'http_req_duration{type:api}',
        [1.64, 0.3392, 1.41, 10.73, 2.24, 2.9],
        [threshold('max<1000', true, 10.73)],
      ),
      metric('http_req_failed', 'rate', 'default', { rate: 0, passes: 0, fails: 118 }, [
        threshold('rate<0.01', true, 0),
      ]),
      metric('http_reqs', 'counter', 'default', { count: 118, rate: 38.803889 }),
      trend('iteration_duration', [103.83, 101.59, 103.26, 115.95, 105.34, 105.87]),
      metric('iterations', 'counter', 'default', { count: 58, rate: 19.073098 }),
      metric('my_counter', 'counter', 'default', { count: 58, rate: 19.073098 }),
      metric('my_gauge', 'gauge', 'default', { value: 28, min: 0, max: 28 }),
      metric('my_rate', 'rate', 'default', { rate: 1, passes: 58, fails: 0 }),
      trend('my_trend', [1.64, 0.3392, 1.41, 10.73, 2.24, 2.9]),
      metric('vus', 'gauge', 'default', { value: 2, min: 2, max: 2 }),
      metric('vus_max', 'gauge', 'default', { value: 2, min: 2, max: 2 }),
    ],
    checks: [
      { group: '::front page', name: 'status is 200', passes: 58, fails: 0 },
      { group: '::front page', name: 'has token', passes: 58, fails: 0 },
      { group: '::front page', name: 'sometimes', passes: 56, fails: 2 },
    ],
    groups: ['::front page', '::front page::nested'],
  });
}
