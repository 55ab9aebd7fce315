import { describe, expect, it } from 'vitest';
import type { MetricKind } from '../src/metrics/contract.ts';
import { Ledger } from '../src/metrics/ledger.ts';
import { rootTags } from '../src/metrics/tag-set.ts';
import { parseThresholds } from '../src/metrics/threshold.ts';
import { bench } from './metrics-samples.ts';

type When = 'during' | 'final';
/** metric kind, samples, expression, when; then: passed, and the value shown. */
type Row = [MetricKind, number[], string, When, boolean, number | undefined];

const empty: Row[] = [
  // While the test runs a metric without samples is passed over.
  ['trend', [], 'avg<5', 'during', true, undefined],
  ['trend', [], 'avg>5', 'during', true, undefined],
  ['rate', [], 'rate>0.95', 'during', true, undefined],
  ['counter', [], 'count>5', 'during', true, undefined],
  ['counter', [], 'rate>5', 'during', true, undefined],
  ['gauge', [], 'value>5', 'during', true, undefined],
  // At the end it counts as 0, except that a rate passes.
  ['trend', [], 'avg<5', 'final', true, undefined],
  ['trend', [], 'avg>5', 'final', false, undefined],
  ['trend', [], 'p(95)<=0', 'final', true, undefined],
  ['trend', [], 'min==0', 'final', true, undefined],
  ['trend', [], 'max!=0', 'final', false, undefined],
  ['trend', [], 'med===0', 'final', true, undefined],
  ['rate', [], 'rate>0.95', 'final', true, undefined],
  ['rate', [], 'rate<0.01', 'final', true, undefined],
  ['rate', [], 'rate==1', 'final', true, undefined],
  ['counter', [], 'count>5', 'final', false, undefined],
  ['counter', [], 'count==0', 'final', true, undefined],
  ['counter', [], 'rate<1', 'final', true, undefined],
  ['gauge', [], 'value>5', 'final', false, undefined],
  ['gauge', [], 'value<5', 'final', true, undefined],
];
const measured: Row[] = [
  ['trend', [1, 2, 3, 4], 'avg==2.5', 'final', true, 2.5],
  ['trend', [1, 2, 3, 4], 'avg<2.5', 'final', false, 2.5],
  ['trend', [1, 2, 3, 4], 'avg<=2.5', 'final', true, 2.5],
  ['trend', [1, 2, 3, 4], 'avg>2.5', 'during', false, 2.5],
  ['trend', [1, 2, 3, 4], 'avg>=2.5', 'during', true, 2.5],
  ['trend', [1, 2, 3, 4], 'avg!=2.5', 'during', false, 2.5],
  ['trend', [1, 2, 3, 4], 'min===1', 'final', true, 1],
  ['trend', [1, 2, 3, 4], 'max<4', 'final', false, 4],
  ['trend', [1, 2, 3, 4], 'med==2.5', 'final', true, 2.5],
  ['trend', [1, 2, 3, 4], 'p(50)==2.5', 'final', true, 2.5],
  ['trend', [1, 2, 3, 4], 'p(0)==1', 'final', true, 1],
  ['trend', [1, 2, 3, 4], 'p(100)==4', 'final', true, 4],
  ['trend', [200, 200, 200], 'p(95)==200', 'final', true, 200],
  ['trend', [200, 200, 200], 'p(95)<200', 'final', false, 200],
  ['trend', [-3, -1], 'max<0', 'final', true, -1],
  ['trend', [-3, -1], 'p(0)>-3', 'final', false, -3],
  // What is no number is not counted, so it can neither pass nor fail a threshold.
  ['trend', [Number.NaN], 'avg<5', 'during', true, undefined],
  ['trend', [Number.NaN, 7], 'avg==7', 'final', true, 7],
  ['trend', [Number.POSITIVE_INFINITY, 7], 'max<=7', 'final', true, 7],
  ['rate', [Number.NaN], 'rate==1', 'final', true, undefined],
  ['rate', [1, 1, 1, 0], 'rate==0.75', 'final', true, 0.75],
  ['rate', [1, 1, 1, 0], 'rate>0.75', 'final', false, 0.75],
  ['rate', [1, 1, 1, 0], 'rate>=0.75', 'during', true, 0.75],
  ['rate', [0, 0], 'rate<0.01', 'during', true, 0],
  ['rate', [0, 0], 'rate>0', 'during', false, 0],
  ['rate', [7, -2], 'rate==1', 'final', true, 1],
  // The test has run for 4 seconds.
  ['counter', [5, 3], 'count==8', 'final', true, 8],
  ['counter', [5, 3], 'count>8', 'during', false, 8],
  ['counter', [5, 3], 'rate==2', 'final', true, 2],
  ['counter', [5, 3], 'rate<2', 'during', false, 2],
  ['counter', [5, -9], 'count<0', 'final', true, -4],
  ['gauge', [5, 3], 'value==3', 'final', true, 3],
  ['gauge', [5, 3], 'value>3', 'during', false, 3],
  ['gauge', [0], 'value<=0', 'during', true, 0],
];

function judge(kind: MetricKind, samples: number[], source: string, when: When, suffix = '') {
  const tried = bench();
  tried.registry.define('my_metric', kind, 'default');
  const expressions = [{ source, abortOnFail: true, delayAbortEvalMs: 4_000 }];
  const thresholds = parseThresholds(
    [{ metric: `my_metric${suffix}`, expressions }],
    tried.registry.get,
  );
  const { registry, recorder } = bench(thresholds.submetrics);
  const metric = registry.define('my_metric', kind, 'default');
  samples.forEach((value, i) => recorder.add(metric, rootTags({ type: 'api' }), value, i));
  const ledger = new Ledger(thresholds.submetrics);
  ledger.merge(recorder.flush());
  return (elapsedMs: number) => {
    const verdict = thresholds.evaluate(ledger, elapsedMs, when === 'final');
    return { verdict, view: ledger.metric(`my_metric${suffix}`)?.thresholds[0] };
  };
}

describe('the truth table of thresholds', () => {
  it.each([...empty, ...measured])(
    '%s of %j, %s, %s',
    (kind, samples, source, when, ok, actual) => {
      const { verdict, view } = judge(kind, samples, source, when)(4_000);
      expect(view).toMatchObject({ source, ok, abortOnFail: true });
      expect(view?.actual).toEqual(actual);
      expect(verdict.crossed).toEqual(ok ? [] : ['my_metric']);
      // Only a running test can be ended.
      expect(verdict.abort).toBe(!ok && when === 'during');
    },
  );

  it.each<[string, string, When, boolean]>([
    ['{type:api}', 'avg>5', 'during', false],
    ['{type:api}', 'avg==3', 'final', true],
    ['{type:web}', 'avg>5', 'during', true],
    ['{type:web}', 'avg>5', 'final', false],
    ['{type:api,status:200}', 'avg<5', 'final', true],
  ])('a sub-metric %s of trend 2, 4: %s, %s', (suffix, source, when, ok) => {
    const { view } = judge('trend', [2, 4], source, when, suffix)(4_000);
    expect(view?.ok).toBe(ok);
    expect(view?.actual).toBe(suffix === '{type:api}' ? 3 : undefined);
  });

  it.each([
    [0, false],
    [3_999, false],
    [4_000, true],
    [60_000, true],
  ])('after %i ms of a delay of 4 s, a crossed threshold ends the test: %s', (elapsed, abort) => {
    const { verdict } = judge('trend', [9], 'max<5', 'during')(elapsed);
    expect(verdict.crossed).toEqual(['my_metric']);
    expect(verdict.abort).toBe(abort);
  });

  it('says in the words of k6 what was crossed', () => {
    const during = judge('trend', [9], 'max<5', 'during')(5_000).verdict;
    expect(during.message).toBe(
      "thresholds on metrics 'my_metric' were crossed; at least one has abortOnFail enabled, stopping test prematurely",
    );
    const final = judge('trend', [9], 'max<5', 'final')(5_000).verdict;
    expect(final.message).toBe("thresholds on metrics 'my_metric' have been crossed");
    expect(judge('trend', [9], 'max<10', 'final')(5_000).verdict.message).toBeUndefined();
  });
});
