import { expect, test } from 'vitest';
import type { LedgerView } from '../src/metrics/view.ts';
import { visibleWidth } from '../src/report/line.ts';
import { ansiPalette, plainPalette } from '../src/report/palette.ts';
import { summaryData } from '../src/report/summary-data.ts';
import { summaryExport } from '../src/report/summary-export.ts';
import type { SummaryInput } from '../src/report/summary-input.ts';
import { type SummaryMode, summaryText } from '../src/report/summary-text.ts';
import { ledgerOf, metric, sampleLedger, series, threshold, trend } from './report-ledger.ts';

function inputOf(ledger: LedgerView, more: Partial<SummaryInput> = {}): SummaryInput {
  return {
    ledger,
    // 174 checks at 57.219294/s.
    durationMs: (174 / 57.219294) * 1_000,
    trendStats: ['avg', 'min', 'med', 'max', 'p(90)', 'p(95)'],
    timeUnit: '',
    setupData: undefined,
    isStdOutTty: false,
    isStdErrTty: false,
    noColor: false,
    ...more,
  };
}

function textOf(
  ledger: LedgerView,
  mode: SummaryMode = 'compact',
  more: Partial<SummaryInput> = {},
  caveats: string[] = [],
): string {
  return summaryText({ ...inputOf(ledger, more), mode, caveats }, plainPalette);
}

test('the compact summary is k6 s, line by line', () => {
  expect(textOf(sampleLedger())).toBe(`

  █ THRESHOLDS

    checks
    ✓ 'rate>0.95' rate=98.85%

    http_req_duration
    ✓ 'p(95)<500' p(95)=2.9ms
    ✓ 'avg<200' avg=1.47ms

      {type:api}
      ✓ 'max<1000' max=10.73ms

    http_req_failed
    ✓ 'rate<0.01' rate=0.00%


  █ TOTAL RESULTS

    checks_total.......: 174    57.219294/s
    checks_succeeded...: 98.85% 172 out of 174
    checks_failed......: 1.14%  2 out of 174

    ✓ status is 200
    ✓ has token
    ✗ sometimes
      ↳  96% — ✓ 56 / ✗ 2

    CUSTOM
    my_counter.....................: 58      19.073098/s
    my_gauge.......................: 28      min=0        max=28
    my_rate........................: 100.00% 58 out of 58
    my_trend.......................: avg=1.64ms   min=339.2µs  med=1.41ms   max=10.73ms  p(90)=2.24ms   p(95)=2.9ms

    HTTP
    http_req_duration..............: avg=1.47ms   min=339.2µs  med=1.19ms   max=15.63ms  p(90)=2.11ms   p(95)=2.9ms
      { expected_response:true }...: avg=1.47ms   min=339.2µs  med=1.19ms   max=15.63ms  p(90)=2.11ms   p(95)=2.9ms
      { type:api }.................: avg=1.64ms   min=339.2µs  med=1.41ms   max=10.73ms  p(90)=2.24ms   p(95)=2.9ms
    http_req_failed................: 0.00%   0 out of 118
    http_reqs......................: 118     38.803889/s

    EXECUTION
    iteration_duration.............: avg=103.83ms min=101.59ms med=103.26ms max=115.95ms p(90)=105.34ms p(95)=105.87ms
    iterations.....................: 58      19.073098/s
    vus............................: 2       min=2        max=2
    vus_max........................: 2       min=2        max=2

    NETWORK
    data_received..................: 23 kB   7.5 kB/s
    data_sent......................: 8.5 kB  2.8 kB/s


`);
});

test('the full summary adds the phases of requests and the checks of groups and scenarios', () => {
  const ledger: LedgerView = {
    ...sampleLedger(),
    series: (name) =>
      name === 'checks' ? [series(3, { scenario: 'login', check: 'logged in' }, 4)] : [],
  };
  const text = textOf(ledger, 'full');
  expect(text).toContain('http_req_blocked...............: avg=64.73µs  min=1.52µs');
  expect(text).toContain('  █ GROUP: front page\n\n    checks_total.......: 174 ');
  expect(text).not.toContain('nested');
  expect(text).toContain('  █ SCENARIO: login\n');
  expect(text).toContain('    ✗ logged in\n      ↳  75% — ✓ 3 / ✗ 1\n');
  expect(textOf(ledger)).not.toContain('http_req_blocked');
});

test('the disabled summary is nothing at all', () => {
  expect(textOf(sampleLedger(), 'disabled')).toBe('');
});

test('a run without samples says so', () => {
  expect(textOf(ledgerOf({}))).toContain('No samples were recorded.');
});

test('a crossed threshold is marked, and one without samples says that nothing was measured', () => {
  const ledger = ledgerOf({
    metrics: [
      trend('http_req_duration', [900, 1, 2, 3, 4, 5], [threshold('avg<200', false, 900)]),
      metric('my_rate', 'rate', 'default', {}, [threshold('rate>0.9', true, undefined)]),
      metric('seen', 'counter', 'default', { count: 5, rate: 1 }, [
        threshold('count>9', false, 5),
        threshold('rate>2', false, 1),
      ]),
    ],
  });
  const text = textOf(ledger);
  expect(text).toContain("    ✗ 'avg<200' avg=900ms\n");
  expect(text).toContain("    ✓ 'rate>0.9' nothing was measured\n");
  expect(text).toContain("    ✗ 'count>9' count=5\n    ✗ 'rate>2' rate=1/s\n");
  expect(text).not.toContain('my_rate.');
});

test('failures are listed by kind, the most frequent first', () => {
  const ledger = ledgerOf({
    metrics: [metric('http_reqs', 'counter', 'default', { count: 20, rate: 2 })],
    series: {
      http_reqs: [
        series(4, { method: 'GET', status: '503', name: 'http://x/a', scenario: 'one' }),
        series(5, { method: 'GET', status: '503', name: 'http://x/a', scenario: 'two' }),
        series(2, {
          method: 'POST',
          status: '0',
          error: 'dial: refused',
          error_code: '1212',
          url: 'http://x/b',
        }),
        series(7, { method: 'GET', status: '200', name: 'http://x/a' }),
        series(1, { method: 'GET', status: '404', expected_response: 'true', name: 'http://x/c' }),
        series(3, { method: 'GET', status: '204', expected_response: 'false', name: 'http://x/d' }),
      ],
      ws_sessions: [series(30, { status: '101' }), series(12, { status: '429', url: 'ws://x/s' })],
    },
  });
  expect(textOf(ledger)).toContain(`  █ FAILURES

    12×  WS         429                   ws://x/s
     9×  HTTP GET   503                   http://x/a
     3×  HTTP GET   204                   http://x/d
     2×  HTTP POST  dial: refused (1212)  http://x/b
`);
});

test('sessions lost after they were open are failures and a metric; without any there is no row', () => {
  const fin = 'the peer closed the TCP connection without a close frame (FIN)';
  const sessions = metric('ws_sessions', 'counter', 'default', { count: 30, rate: 3 });
  const text = textOf(
    ledgerOf({
      metrics: [
        sessions,
        metric('ws_sessions_lost', 'counter', 'default', { count: 6, rate: 0.6 }),
      ],
      series: {
        ws_sessions: [series(30, { status: '101', name: 'ws://x/s' })],
        ws_sessions_lost: [
          series(4, { status: '101', error: fin, error_code: '1000', name: 'ws://x/s' }),
          series(2, { status: '101' }),
        ],
      },
    }),
  );
  expect(text).toContain(
    '    WEBSOCKET\n    ws_sessions........: 30 3/s\n    ws_sessions_lost...: 6',
  );
  expect(text).toContain(
    `    4×  WS  lost after open: ${fin}  ws://x/s\n    2×  WS  lost after open`,
  );
  const none = metric('ws_sessions_lost', 'counter', 'default', {});
  expect(textOf(ledgerOf({ metrics: [sessions, none] }))).not.toContain('ws_sessions_lost');
});

test.each([40, 60, 80, 118, 119, 200])('no row of metrics is wider than %d columns', (columns) => {
  for (const palette of [plainPalette, ansiPalette]) {
    const input = { ...inputOf(sampleLedger()), mode: 'full' as const, caveats: [], columns };
    for (const line of summaryText(input, palette).split('\n')) {
      expect(visibleWidth(line.trimEnd())).toBeLessThanOrEqual(columns);
    }
  }
});

test('a trend too wide for the terminal loses its padding first, then breaks between columns', () => {
  const fit = (columns: number) =>
    summaryText(
      {
        ...inputOf(
          ledgerOf({
            metrics: [trend('a', [100, 1, 100, 1, 1, 1]), trend('b', [1, 20.25, 1, 1, 1, 1])],
          }),
        ),
        mode: 'compact',
        caveats: [],
        columns,
      },
      plainPalette,
    );
  expect(fit(72)).toContain(`
    a...: avg=100ms min=1ms     med=100ms max=1ms p(90)=1ms p(95)=1ms
    b...: avg=1ms   min=20.25ms med=1ms   max=1ms p(90)=1ms p(95)=1ms
`);
  expect(fit(67)).toContain(`
    a...: avg=100ms min=1ms med=100ms max=1ms p(90)=1ms p(95)=1ms
    b...: avg=1ms min=20.25ms med=1ms max=1ms p(90)=1ms p(95)=1ms
`);
  expect(fit(50)).toContain(`
    a...: avg=100ms min=1ms     med=100ms max=1ms
          p(90)=1ms p(95)=1ms
    b...: avg=1ms   min=20.25ms med=1ms   max=1ms
          p(90)=1ms p(95)=1ms
`);
});

test('the list of failures is bounded and says how many it leaves out', () => {
  const ledger = ledgerOf({
    series: {
      http_reqs: Array.from({ length: 30 }, (_, i) =>
        series(2, { method: 'GET', status: '500', name: `http://x/${i}` }),
      ),
    },
  });
  const text = textOf(ledger);
  expect(text.match(/HTTP GET/g)).toHaveLength(20);
  expect(text).toContain('… and 10 more kinds, 20 failures in all');
});

test('caveats stand at the end', () => {
  const text = textOf(sampleLedger(), 'compact', {}, ['shard 1 was lost at 12s']);
  expect(text).toContain('  █ CAVEATS\n\n    ! shard 1 was lost at 12s\n');
});

test('names from scripts cannot steer the terminal', () => {
  const text = textOf(
    ledgerOf({ checks: [{ group: '', name: 'a\u001b[2Jb\nc', passes: 1, fails: 0 }] }),
  );
  expect(text).toContain('✓ a\\x1b[2Jb\\nc\n');
});

test('colours add nothing but escape sequences', () => {
  const input = { ...inputOf(sampleLedger()), mode: 'full' as const, caveats: [] };
  const colored = summaryText(input, ansiPalette);
  const bare = (text: string) =>
    // oxlint-disable-next-line no-control-regex -- the escapes are what is tested.
    text.replace(/\u001b\[\d+m/g, '').replace(/ +$/gm, '');
  expect(colored).not.toBe(summaryText(input, plainPalette));
  expect(bare(colored)).toBe(bare(summaryText(input, plainPalette)));
});

test('the time unit asked for is used everywhere', () => {
  const text = textOf(sampleLedger(), 'compact', { timeUnit: 'us', trendStats: ['max', 'count'] });
  expect(text).toContain('max=15630.00µs');
  expect(text).toContain("✓ 'p(95)<500' p(95)=2900.00µs");
});

test('handleSummary receives what k6 hands it', () => {
  const data = summaryData(inputOf(sampleLedger(), { setupData: { token: 'abc' } }));
  expect(data.root_group).toEqual({
    name: '',
    path: '',
    id: 'd41d8cd98f00b204e9800998ecf8427e',
    checks: [],
    groups: [
      expect.objectContaining({
        name: 'front page',
        path: '::front page',
        id: '2a862ab29180e3b7d967a30f33eabbc6',
        groups: [
          {
            name: 'nested',
            path: '::front page::nested',
            id: '29c65a57a3b96af11e05eaf4f28ff4bb',
            groups: [],
            checks: [],
          },
        ],
      }),
    ],
  });
  expect(data.root_group.groups[0]?.checks[2]).toEqual({
    name: 'sometimes',
    path: '::front page::sometimes',
    id: 'abc7751881f6763ff3614c38ea5c6ed5',
    passes: 56,
    fails: 2,
  });
  expect(data.metrics.checks).toEqual({
    type: 'rate',
    contains: 'default',
    values: { rate: 172 / 174, passes: 172, fails: 2 },
    thresholds: { 'rate>0.95': { ok: true } },
  });
  expect(data.state.testRunDurationMs).toBeCloseTo(3040.9, 0);
  expect(data.setup_data).toEqual({ token: 'abc' });
  expect(summaryData(inputOf(sampleLedger()))).not.toHaveProperty('setup_data');
});

test('the legacy export says which thresholds were crossed, and keeps groups by name', () => {
  const ledger = ledgerOf({
    metrics: [
      metric('checks', 'rate', 'default', { rate: 0.5, passes: 1, fails: 1 }, [
        threshold('rate>0.95', false, 0.5),
      ]),
      metric('vus', 'gauge', 'default', { value: 2, min: 1, max: 2 }),
      trend('http_req_duration', [1, 2, 3, 4, 5, 6]),
      metric('unused', 'counter', 'default', {}),
    ],
    checks: [{ group: '::a::b', name: 'c', passes: 1, fails: 1 }],
  });
  const exported = summaryExport(inputOf(ledger, { setupData: null }));
  expect(exported.metrics).toEqual({
    checks: { value: 0.5, passes: 1, fails: 1, thresholds: { 'rate>0.95': true } },
    vus: { value: 2, min: 1, max: 2 },
    http_req_duration: { avg: 1, min: 2, med: 3, max: 4, 'p(90)': 5, 'p(95)': 6 },
  });
  expect(exported.root_group.groups.a?.groups.b?.checks.c).toMatchObject({
    path: '::a::b::c',
    passes: 1,
    fails: 1,
  });
  expect(exported.setup_data).toBeNull();
});
