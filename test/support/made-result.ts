import { diagnose } from '../../src/diagnosis/diagnose.ts';
import { Ledger } from '../../src/metrics/ledger.ts';
import { ShardRecorder } from '../../src/metrics/recorder.ts';
import { createRegistry } from '../../src/metrics/registry.ts';
import { rootTags } from '../../src/metrics/tag-set.ts';
import { parseThresholds } from '../../src/metrics/threshold.ts';
import { resultEnd } from '../../src/results/result-end.ts';
import { ResultWriter } from '../../src/results/result-writer.ts';
import { MadeRun, origin } from './made-run.ts';

/** Numbers that look random and are the same every time. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/**
 * Writes the result of a run that never was, through the real recorder, ledger and writer: requests by
 * 20 names and statuses, sockets, 20 trends, checks in groups, an open model, failures of several kinds.
 */
export async function writeMadeResult(
  path: string,
  { seconds = 600, perSecond = 50 } = {},
): Promise<void> {
  const next = random(7);
  const registry = createRegistry();
  const { builtins } = registry;
  const custom = Array.from({ length: 12 }, (_, i) =>
    registry.define(`step_${i}`, 'trend', 'time'),
  );
  const thresholds = parseThresholds(
    [
      ['http_req_duration', 'p(95)<500'],
      ['checks', 'rate>0.999'],
    ].map(([metric = '', source = '']) => ({
      metric,
      expressions: [{ source, abortOnFail: false, delayAbortEvalMs: 0 }],
    })),
    registry.get,
  );
  const recorder = new ShardRecorder({
    source: 0,
    submetrics: thresholds.submetrics,
    warn: () => {},
  });
  const ledger = new Ledger(thresholds.submetrics);
  const root = rootTags({ scenario: 'default' });
  const names = Array.from({ length: 20 }, (_, i) => root.with('name', `GET /api/v2/item-${i}`));
  const run = new MadeRun().seconds(seconds, (second) => ({
    openWs: Math.min(300, second * 2),
    openHttp: 5,
    rss: 2e8 + second * 1e4,
    delayP99: 2 + 3 * next(),
  }));
  const health = run.evidence().seconds;
  const writer = new ResultWriter(path);
  writer.begin({
    kind: 'begin',
    version: 1,
    startedAt: origin,
    vurun: '0.0.0',
    script: { name: '</script><b>made</b>.ts', hash: 'f'.repeat(64) },
    seed: 7,
    options: { scenarios: { default: { executor: 'constant-arrival-rate' } } },
    description: ['1 scenario, 300 max VUs', '* default: 50 iterations/s'],
    vus: 300,
    shards: 1,
    timeScale: 1,
    environment: { node: 'v20.0.0', platform: 'linux', processors: 8, memory: 16e9 },
  });
  for (let second = 1; second <= seconds; second++) {
    const wall = origin + second * 1_000;
    const add = (metric: Parameters<typeof recorder.add>[0], value: number, tags = root): void =>
      recorder.add(metric, tags, value, wall);
    for (let i = 0; i < perSecond; i++) {
      const slow = 1 + Math.max(0, second - seconds / 2) / 100;
      const ms = (8 - 6 * Math.log(1 - next())) * slow;
      const status = next() < 0.02 ? '429' : next() < 0.01 ? '503' : '200';
      const tags = (names[Math.floor(next() * 20)] as typeof root).with('status', status);
      add(builtins.http_reqs, 1, tags.with('expected_response', String(status === '200')));
      add(builtins.http_req_duration, ms, tags.with('expected_response', String(status === '200')));
      add(builtins.http_req_failed, status === '200' ? 0 : 1, tags);
      add(builtins.http_req_waiting, ms * 0.8, tags);
      add(builtins.http_req_connecting, 0, tags);
      add(builtins.http_req_receiving, 0.1 + next(), tags);
      add(builtins.iteration_duration, 1_000 + 500 * next());
      add(builtins.iteration_lateness, next());
      for (const metric of custom) add(metric, 1 + 100 * next() ** 4);
      add(builtins.iterations_offered, 1);
      add(builtins.iterations_started, 1);
      add(builtins.iterations, 1);
      add(
        builtins.checks,
        status === '200' ? 1 : 0,
        root.with('check', 'is answered').with('group', '::shop::cart'),
      );
    }
    if (second % 2 === 0) {
      const refused = next() < 0.2;
      add(builtins.ws_handshakes, 1, root.with('outcome', refused ? 'status' : 'opened'));
      add(builtins.ws_sessions, 1, root.with('status', refused ? '502' : '101'));
      if (!refused) {
        add(builtins.ws_handshake_duration, 20 + 10 * next());
        add(builtins.ws_first_message, 5 * next());
        add(
          builtins.ws_closes,
          1,
          root.with('code', '1000').with('by', 'us').with('phase', 'closing'),
        );
      }
    }
    add(builtins.ws_open, Math.min(300, second * 2));
    add(builtins.vus, 300);
    add(builtins.data_received, 1e5);
    add(builtins.data_sent, 2e4);
    if (second % 5 === 0) {
      run.http({
        at: second,
        status: 429,
        name: 'GET /api/v2/item-1',
        ids: { 'inin-correlation-id': `id-${second}` },
        headers: {
          'retry-after': '7',
          'inin-ratelimit-allowed': '300',
          'inin-ratelimit-count': '301',
        },
      });
      run.http({ at: second, for: 60, cause: 'timeout', name: 'GET /api/v2/item-2' });
      run.ws({
        at: second,
        for: 30.02,
        cause: 'lost-fin',
        attempt: 2,
        waited: 7_000,
        asked: 7_000,
      });
    }
    for (let i = 0; i < 3; i++) run.http({ at: second, name: 'GET /api/v2/item-3' });
    const batch = recorder.flush();
    ledger.merge(batch);
    writer.add(batch);
    writer.second(second * 1_000, health[second - 1]);
  }
  const evidence = run.evidence({ offered: seconds * perSecond }, { vus: 300 });
  thresholds.evaluate(ledger, seconds * 1_000, true);
  await writer.end(
    resultEnd({
      ledger,
      book: evidence.attempts,
      trendStats: ['p(97)'],
      durationMs: seconds * 1_000,
      exitCode: 99,
      iterationsComplete: seconds * perSecond,
      iterationsInterrupted: 0,
      diagnosis: diagnose(evidence),
      caveats: ['one thing is missing'],
    }),
  );
}
