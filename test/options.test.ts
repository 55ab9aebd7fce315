import { describe, expect, test } from 'vitest';
import { UserError } from '../src/errors.ts';
import { parseAddresses } from '../src/script/addresses.ts';
import type { RunConfig } from '../src/script/config.ts';
import { consolidate, type OptionLayers, optionFlags } from '../src/script/options.ts';
import { formatSize, parseSize } from '../src/script/size.ts';

interface Given extends Partial<OptionLayers> {
  options?: unknown;
  functions?: string[];
}

function configOf({ options, functions, ...layers }: Given): RunConfig {
  return consolidate(
    { env: {}, flags: {}, scriptEnv: {}, ...layers },
    {
      functions: functions ?? ['default', 'login', 'setup'],
      ...(options === undefined ? {} : { optionsJson: JSON.stringify(options) }),
    },
    { version: '1.2.3' },
  );
}

function problemsOf(given: Given): string[] {
  try {
    configOf(given);
  } catch (thrown) {
    expect(thrown).toBeInstanceOf(UserError);
    expect((thrown as UserError).exitCode).toBe(104);
    const [title, ...lines] = (thrown as UserError).message.split('\n');
    expect(title).toBe('There were problems with the specified script configuration:');
    return lines.map((line) => line.replace('  - ', ''));
  }
  return [];
}

const base = { startTimeMs: 0, gracefulStopMs: 30_000, exec: 'default', env: {}, tags: {} };
const one = {
  ...base,
  name: 'default',
  executor: 'per-vu-iterations',
  vus: 1,
  iterations: 1,
  maxDurationMs: 600_000,
};
const a = (scenario: object) => ({ options: { scenarios: { a: scenario } } });
const constant = { executor: 'constant-vus', duration: '10s' };

describe('the scenario that shortcuts stand for', () => {
  const shared = {
    ...base,
    name: 'default',
    executor: 'shared-iterations',
    maxDurationMs: 600_000,
  };
  const looping = { ...base, name: 'default', executor: 'constant-vus' };
  const ramping = { ...base, name: 'default', executor: 'ramping-vus', gracefulRampDownMs: 30_000 };
  const cases: [name: string, options: object | undefined, scenario: object][] = [
    ['no options', undefined, one],
    ['empty options', {}, one],
    ['null options', { vus: null, duration: null, scenarios: null }, one],
    ['vus', { vus: 3 }, { ...shared, vus: 3, iterations: 3 }],
    ['one vu', { vus: 1 }, { ...shared, vus: 1, iterations: 1 }],
    ['vus as text', { vus: '4' }, { ...shared, vus: 4, iterations: 4 }],
    ['iterations', { iterations: 5 }, { ...shared, vus: 1, iterations: 5 }],
    ['iterations and vus', { iterations: 5, vus: 2 }, { ...shared, vus: 2, iterations: 5 }],
    [
      'iterations and duration',
      { iterations: 5, duration: '2m' },
      { ...shared, vus: 1, iterations: 5, maxDurationMs: 120_000 },
    ],
    ['duration', { duration: '30s' }, { ...looping, vus: 1, durationMs: 30_000 }],
    ['duration in numbers', { duration: 1500, vus: 2 }, { ...looping, vus: 2, durationMs: 1_500 }],
    ['duration with days', { duration: '1d1h' }, { ...looping, vus: 1, durationMs: 90_000_000 }],
    [
      'stages',
      { stages: [{ duration: '5s', target: 10 }] },
      { ...ramping, startVUs: 1, stages: [{ durationMs: 5_000, target: 10 }] },
    ],
    [
      'stages and vus',
      { vus: 4, stages: [{ duration: 0, target: 0 }] },
      { ...ramping, startVUs: 4, stages: [{ durationMs: 0, target: 0 }] },
    ],
  ];
  test.each(cases)('of %s', (_name, options, scenario) => {
    expect(configOf({ options }).scenarios).toEqual([scenario]);
  });
});

describe('scenarios', () => {
  test('are taken with their defaults', () => {
    const { scenarios } = configOf({
      options: {
        scenarios: {
          'a-1': { executor: 'shared-iterations', vus: 2, iterations: 9 },
          b: { executor: 'per-vu-iterations' },
          c: {
            executor: 'constant-vus',
            duration: '10s',
            exec: 'login',
            startTime: '5s',
            gracefulStop: 0,
          },
          d: {
            executor: 'ramping-vus',
            startVUs: 0,
            gracefulRampDown: '1s',
            stages: [{ duration: '0', target: 3 }],
            env: { A: 'b' },
            tags: { t: 'v' },
          },
        },
      },
    });
    expect(scenarios).toEqual([
      {
        ...base,
        name: 'a-1',
        executor: 'shared-iterations',
        vus: 2,
        iterations: 9,
        maxDurationMs: 600_000,
      },
      {
        ...base,
        name: 'b',
        executor: 'per-vu-iterations',
        vus: 1,
        iterations: 1,
        maxDurationMs: 600_000,
      },
      {
        ...base,
        name: 'c',
        executor: 'constant-vus',
        vus: 1,
        durationMs: 10_000,
        exec: 'login',
        startTimeMs: 5_000,
        gracefulStopMs: 0,
      },
      {
        ...base,
        name: 'd',
        executor: 'ramping-vus',
        startVUs: 0,
        gracefulRampDownMs: 1_000,
        stages: [{ durationMs: 0, target: 3 }],
        env: { A: 'b' },
        tags: { t: 'v' },
      },
    ]);
  });

  test('may run a script without a default function', () => {
    expect(
      configOf({ ...a({ ...constant, exec: 'login' }), functions: ['login'] }).scenarios,
    ).toHaveLength(1);
  });
});

describe('options with a mistake', () => {
  const executors =
    'choose one of shared-iterations, per-vu-iterations, constant-vus, ramping-vus, constant-arrival-rate, ramping-arrival-rate';
  const notYet = 'k6 has this option, vurun does not yet; leave it out';
  const exported = 'the script exports default, login, setup';
  const o = (options: unknown): Given => ({ options });
  const cases: [given: Given, ...problems: string[]][] = [
    [o([]), 'options (script): must be an object, not []'],
    [o('x'), 'options (script): must be an object, not "x"'],
    [
      { configFile: 5, configFileName: 'c.json' },
      'options (config file c.json): must be an object, not 5',
    ],
    // integers
    [o({ vus: 'x' }), 'vus (script): must be a whole number, not "x"'],
    [o({ vus: 1.5 }), 'vus (script): must be a whole number, not 1.5'],
    [o({ vus: 0 }), 'vus (script): the number of VUs must be more than 0, but is 0'],
    [
      o({ vus: -2, duration: '10s' }),
      'vus (script): the number of VUs must be more than 0, but is -2',
    ],
    [o({ vus: 1e7, duration: '10s' }), 'vus (script): must be at most 1000000, but is 10000000'],
    [o({ vus: {} }), 'vus (script): must be a whole number, not {}'],
    [
      o({ iterations: 0 }),
      "iterations (script): the number of iterations (0) can't be less than the number of VUs (1)",
    ],
    [
      o({ iterations: 2, vus: 5 }),
      "iterations (script): the number of iterations (2) can't be less than the number of VUs (5)",
    ],
    [o({ maxRedirects: -1 }), 'maxRedirects (script): must be at least 0, but is -1'],
    [o({ batch: 0 }), 'batch (script): must be at least 1, but is 0'],
    [o({ rps: 'fast' }), 'rps (script): must be a whole number, not "fast"'],
    // durations
    [
      o({ duration: 'abc' }),
      `duration (script): "abc" is not a duration; write for example '30s', '1m30s' or '500ms'`,
    ],
    [
      o({ duration: '' }),
      `duration (script): "" is not a duration; write for example '30s', '1m30s' or '500ms'`,
    ],
    [
      o({ duration: 0 }),
      "duration (script): `duration` option should be more than 0; write for example '30s'",
    ],
    [
      o({ duration: '-5s' }),
      "duration (script): `duration` option should be more than 0; write for example '30s'",
    ],
    [o({ duration: '10ms' }), 'duration (script): the duration must be at least 1s, but is 10ms'],
    [
      o({ duration: 30 }),
      'duration (script): the duration must be at least 1s, but is 30ms; a number is milliseconds',
    ],
    [
      o({ iterations: 1, duration: '1ms' }),
      'duration (script): the maxDuration must be at least 1s, but is 1ms',
    ],
    [
      o({ setupTimeout: 0 }),
      "setupTimeout (script): setupTimeout must be positive, but is 0s; write '60s'",
    ],
    [
      o({ teardownTimeout: '5 minutes' }),
      `teardownTimeout (script): "5 minutes" is not a duration; write for example '30s', '1m30s' or '500ms'`,
    ],
    [
      o({ minIterationDuration: '-1s' }),
      "minIterationDuration (script): can't be negative, but is -1s",
    ],
    [
      o({ vuTurnTimeout: 0 }),
      "vuTurnTimeout (script): vuTurnTimeout must be positive, but is 0s; write '60s'",
    ],
    // the plan check
    [o({ strict: 'yes' }), 'strict (script): must be true or false, not "yes"'],
    [
      o({ iterationTakes: 'x' }),
      `iterationTakes (script): "x" is not a duration; write for example '30s', '1m30s' or '500ms'`,
    ],
    [
      a({ ...constant, iterationTakes: 0, callsPerIteration: -1 }),
      "scenarios.a.iterationTakes (script): iterationTakes must be positive, but is 0s; write '60s'",
      'scenarios.a.callsPerIteration (script): must be at least 0, but is -1',
    ],
    [
      a({ ...constant, callsPerIteration: 1.5 }),
      'scenarios.a.callsPerIteration (script): must be a whole number, not 1.5',
    ],
    [
      o({ target: '300/min' }),
      `target (script): must be an object such as { limit: '300/min' }, not "300/min"`,
    ],
    [
      o({ target: { limits: '1/s' } }),
      `target.limits (script): unknown field "limits" (did you mean 'limit'?); it can have limit, authorized, guard`,
    ],
    ...[300, '300', '300/m', '0/s', '1.5/s', '5 per second', '-1/min', {}].map(
      (limit) =>
        [
          o({ target: { limit } }),
          `target.limit (script): must be a whole number of calls with its unit, such as '300/min', '5/s' or '10000/h', not ${JSON.stringify(limit)}`,
        ] as [Given, string],
    ),
    // booleans, text, words
    [o({ throw: 'yes' }), 'throw (script): must be true or false, not "yes"'],
    [o({ noSetup: 1 }), 'noSetup (script): must be true or false, not 1'],
    [o({ userAgent: 5 }), "userAgent (script): must be text, not 5; write '5'"],
    [
      o({ userAgent: 'a\nb' }),
      'userAgent (script): must be text that fits in a header, not "a\\nb"',
    ],
    [
      o({ httpDebug: 'all' }),
      "httpDebug (script): must be one of '', 'headers', 'full', not \"all\"",
    ],
    [
      o({ summaryTimeUnit: 'x' }),
      "summaryTimeUnit (script): invalid summary time unit 'x', use 's', 'ms' or 'us'",
    ],
    [
      o({ summaryTrendStats: ['avg', 'x'] }),
      "summaryTrendStats[1] (script): invalid trend stat 'x', unknown format; write avg, min, med, max, count or p(N)",
    ],
    [
      o({ summaryTrendStats: ['p(101)'] }),
      "summaryTrendStats[0] (script): invalid percentile trend stat value '101', provide a number between 0 and 100",
    ],
    [
      o({ summaryTrendStats: ['p()'] }),
      "summaryTrendStats[0] (script): invalid percentile trend stat value '', provide a number between 0 and 100",
    ],
    [
      o({ summaryTrendStats: 'avg' }),
      "summaryTrendStats (script): must be a list such as ['avg', 'p(95)'], not \"avg\"",
    ],
    [
      o({ systemTags: 'url' }),
      "systemTags (script): must be a list such as ['url', 'status'], not \"url\"",
    ],
    [o({ tags: ['a'] }), 'tags (script): must be an object such as { name: \'value\' }, not ["a"]'],
    [
      o({ tags: { a: 1, 'b c': true } }),
      "tags.a (script): must be text, not 1; write '1'",
      'tags["b c"] (script): must be text, not true',
    ],
    // sizes
    [
      o({ vuMemoryLimit: 'much' }),
      `vuMemoryLimit (script): "much" is not a size; write for example '64MB'`,
    ],
    [
      o({ vuMemoryLimit: '10B' }),
      'vuMemoryLimit (script): must be between 1048576 and 2147483648 bytes, but is 10',
    ],
    [
      o({ vuStackLimit: '1MB' }),
      'vuStackLimit (script): must be between 16384 and 524288 bytes, but is 1048576',
    ],
    // network
    [
      o({ hosts: { 'a.b': 'c.d' } }),
      `hosts["a.b"] (script): "c.d" must be 'address' or 'address:port' of an IP address`,
    ],
    [
      o({ hosts: { 'http://a': '1.2.3.4' } }),
      `hosts["http://a"] (script): the name must be 'host', 'host:port' or '*.domain'`,
    ],
    [
      o({ hosts: { a: '1.2.3.4:99999' } }),
      `hosts.a (script): "1.2.3.4:99999" must be 'address' or 'address:port' of an IP address`,
    ],
    [
      o({ localIPs: 'x' }),
      "localIPs (script): 'x' is no address, range or network; write for example '10.0.0.2', '10.0.0.2-10.0.0.9' or '10.0.0.0/24'",
    ],
    [
      o({ localIPs: '10.0.0.9-10.0.0.2' }),
      "localIPs (script): '10.0.0.9-10.0.0.2' ends before it begins",
    ],
    [o({ localIPs: '10.0.0.0/8' }), 'localIPs (script): it names more than 65536 addresses'],
    [
      o({ tlsCA: 'ca.pem' }),
      "tlsCA (script): must be PEM text ('-----BEGIN …'); read it with open('file.pem')",
    ],
    [
      o({ tlsAuth: [{ cert: '-----BEGIN X', domain: 'a' }] }),
      `tlsAuth[0].domain (script): unknown field "domain" (did you mean 'domains'?); it can have cert, key, password, domains`,
      'tlsAuth[0].key (script): must be text, not undefined',
    ],
    [
      o({ tlsAuth: {} }),
      'tlsAuth (script): must be a list such as [{ cert: open(…), key: open(…) }], not {}',
    ],
    // thresholds: the shape alone
    [
      o({ thresholds: [] }),
      "thresholds (script): must be an object such as { http_req_duration: ['p(95)<500'] }, not []",
    ],
    [
      o({ thresholds: { checks: [5] } }),
      "thresholds.checks[0] (script): must be text such as 'p(95)<500' or { threshold: 'p(95)<500', abortOnFail: true }, not 5",
    ],
    [
      o({
        thresholds: {
          'a{b:c}': { treshold: 'rate>1', abortOnFail: 'yes', delayAbortEval: 'soon' },
        },
      }),
      `thresholds["a{b:c}"].treshold (script): unknown field "treshold" (did you mean 'threshold'?); it can have threshold, abortOnFail, delayAbortEval`,
      'thresholds["a{b:c}"].threshold (script): must be text, not undefined',
      'thresholds["a{b:c}"].abortOnFail (script): must be true or false, not "yes"',
      `thresholds["a{b:c}"].delayAbortEval (script): "soon" is not a duration; write for example '30s', '1m30s' or '500ms'`,
    ],
    // what is not there yet
    [
      o({ executionSegment: '0:1/2', executionSegmentSequence: '0,1/3,1' }),
      "executionSegment (script): provided segment 0:1/2 can't be found in sequence 0,1/3,1: it has to be two neighbours of it",
    ],
    [
      o({ executionSegment: '1/0', executionSegmentSequence: '0,2' }),
      "executionSegment (script): has to be made of fractions such as 1/4, 0.25 or 25%, not '1/0'",
      "executionSegmentSequence (script): must go from 0 to 1 in ascending steps, such as 0,1/4,1/2,1, not '0,2'",
    ],
    [
      o({ paused: true, features: [] }),
      `paused (script): ${notYet}`,
      `features (script): ${notYet}`,
    ],
    [
      o({ dns: { ttl: '-1s', choose: 'first' }, tlsVersion: { min: 'tls1.3', max: 'tls1.2' } }),
      'tlsVersion (script): min is a later version than max',
      'dns.choose (script): unknown field "choose"; it can have ttl, select, policy',
      "dns.ttl (script): must be a duration such as '5m', or '0' or 'inf', not \"-1s\"",
    ],
    [
      { env: { VURUN_DNS: 'soon', K6_BLACKLIST_IPS: 'x', VURUN_BLOCK_HOSTNAMES: 'y*' } },
      "dns (environment VURUN_DNS): must be an object such as { ttl: '5m', select: 'random', policy: 'preferIPv4' }, or text such as 'ttl=5m,select=random', not \"soon\"",
      'blacklistIPs[0] (environment K6_BLACKLIST_IPS): "x" is no network; write for example \'10.0.0.0/8\'',
      "blockHostnames[0] (environment VURUN_BLOCK_HOSTNAMES): invalid hostname pattern \"y*\"; write a name, with a '*' at its beginning only, such as '*.example.com'",
    ],
    [
      a({
        executor: 'constant-arrival-rate',
        rate: 0,
        timeUnit: '1 fortnight',
        duration: '1s',
        preAllocatedVUs: 5,
        maxVUs: 2,
        whenBusy: 'panic',
      }),
      `scenarios.a.timeUnit (script): "1 fortnight" is not a duration; write for example '30s', '1m30s' or '500ms'`,
      "scenarios.a.maxVUs (script): maxVUs (2) can't be less than preAllocatedVUs (5)",
      `scenarios.a.whenBusy (script): must be one of 'drop', 'wait', not "panic"`,
      'scenarios.a.rate (script): the iteration rate must be more than 0, but is 0',
    ],
    [
      a({ executor: 'constant-arrival-rate' }),
      "scenarios.a.duration (script): the duration is unspecified; write for example '30s'",
      'scenarios.a.rate (script): the iteration rate is unspecified; write how many are to start in a timeUnit',
      'scenarios.a.preAllocatedVUs (script): the number of preAllocatedVUs is unspecified; write how many iterations are likely to run at once',
    ],
    [
      a({
        executor: 'ramping-arrival-rate',
        startRate: -1,
        timeUnit: '0s',
        preAllocatedVUs: 1,
        stages: [{ duration: '-1s', target: 1.5 }, { target: -3 }],
      }),
      "scenarios.a.startRate (script): the startRate can't be negative, but is -1",
      "scenarios.a.stages[0].duration (script): the duration for stage 1 can't be negative",
      'scenarios.a.stages[0].target (script): must be a whole number, not 1.5',
      "scenarios.a.stages[1].duration (script): stage 2 doesn't have a duration; write for example '30s'",
      "scenarios.a.stages[1].target (script): the target for stage 2 can't be negative",
      "scenarios.a.timeUnit (script): the timeUnit must be more than 0; write for example '1s' or '1m'",
    ],
    [
      a({ ...constant, options: { browser: {} } }),
      'scenarios.a.options (script): k6 has this option, vurun does not yet',
    ],
    // scenarios
    [
      o({ scenarios: [], vus: null, tags: 1 }),
      "tags (script): must be an object such as { name: 'value' }, not 1",
    ],
    [
      o({ scenarios: 'x' }),
      `scenarios (script): must be an object such as { name: { executor: 'constant-vus', vus: 10, duration: '30s' } }, not "x"`,
    ],
    [a([]), 'scenarios.a (script): must be an object with an executor, not []'],
    [
      a({ vus: 1 }),
      `scenarios.a.executor (script): the scenario doesn't have a specified executor type; ${executors}`,
    ],
    [
      a({ executor: 'nope' }),
      `scenarios.a.executor (script): unknown executor type "nope"; ${executors}`,
    ],
    [
      a({ executor: 'ramping-vu' }),
      `scenarios.a.executor (script): unknown executor type "ramping-vu" (did you mean 'ramping-vus'?); ${executors}`,
    ],
    [
      a({ executor: 'externally-controlled' }),
      `scenarios.a.executor (script): unknown executor type "externally-controlled"; ${executors}`,
    ],
    [
      a({ ...constant, foo: 1 }),
      'scenarios.a.foo (script): unknown field "foo"; constant-vus has executor, startTime, gracefulStop, exec, env, tags, iterationTakes, callsPerIteration, vus, duration',
    ],
    [
      a({ ...constant, vu: 1 }),
      `scenarios.a.vu (script): unknown field "vu" (did you mean 'vus'?); constant-vus has executor, startTime, gracefulStop, exec, env, tags, iterationTakes, callsPerIteration, vus, duration`,
    ],
    [
      a({ executor: 'constant-vus' }),
      "scenarios.a.duration (script): the duration is unspecified; write for example '30s'",
    ],
    [
      a({ executor: 'constant-vus', vus: 0, duration: '10ms' }),
      'scenarios.a.vus (script): the number of VUs must be more than 0, but is 0',
      'scenarios.a.duration (script): the duration must be at least 1s, but is 10ms',
    ],
    [
      a({ executor: 'ramping-vus' }),
      "scenarios.a.stages (script): at least one stage has to be specified; write [{ duration: '30s', target: 10 }]",
    ],
    [
      a({ executor: 'ramping-vus', stages: [] }),
      "scenarios.a.stages (script): at least one stage has to be specified; write [{ duration: '30s', target: 10 }]",
    ],
    [
      a({ executor: 'ramping-vus', stages: {} }),
      "scenarios.a.stages (script): must be a list such as [{ duration: '30s', target: 10 }], not {}",
    ],
    [
      a({
        executor: 'ramping-vus',
        stages: [
          { target: -1 },
          { duration: 'x', target: 'y' },
          3,
          { duration: '1s' },
          { duration: '-1s', target: 1, tarjet: 2 },
        ],
      }),
      "scenarios.a.stages[0].duration (script): stage 1 doesn't have a duration; write for example '30s'",
      "scenarios.a.stages[0].target (script): the target for stage 1 can't be negative",
      `scenarios.a.stages[1].duration (script): "x" is not a duration; write for example '30s', '1m30s' or '500ms'`,
      'scenarios.a.stages[1].target (script): must be a whole number, not "y"',
      "scenarios.a.stages[2] (script): must be a stage such as { duration: '30s', target: 10 }, not 3",
      "scenarios.a.stages[3].target (script): stage 4 doesn't have a target; write the number of VUs at its end",
      `scenarios.a.stages[4].tarjet (script): unknown field "tarjet" (did you mean 'target'?); it can have duration, target`,
      "scenarios.a.stages[4].duration (script): the duration for stage 5 can't be negative",
    ],
    [
      a({ executor: 'ramping-vus', startVUs: -1, stages: [{ duration: 1, target: 1 }] }),
      "scenarios.a.startVUs (script): the number of start VUs can't be negative, but is -1",
    ],
    [
      a({ executor: 'ramping-vus', startVUs: 0, stages: [{ duration: 1, target: 0 }] }),
      "scenarios.a.stages (script): either startVUs or one of the stages' target values must be greater than 0",
    ],
    [
      a({ executor: 'ramping-vus', gracefulRampDown: '-1s', stages: [{ duration: 1, target: 1 }] }),
      "scenarios.a.gracefulRampDown (script): the gracefulRampDown timeout can't be negative, but is -1s",
    ],
    [
      a({
        executor: 'per-vu-iterations',
        exec: '',
        startTime: '-1s',
        gracefulStop: '-2s',
        iterations: 0,
        maxDuration: '1ms',
      }),
      'scenarios.a.exec (script): exec value cannot be empty; name an exported function',
      "scenarios.a.startTime (script): the startTime can't be negative, but is -1s",
      "scenarios.a.gracefulStop (script): the gracefulStop timeout can't be negative, but is -2s",
      'scenarios.a.maxDuration (script): the maxDuration must be at least 1s, but is 1ms',
      'scenarios.a.iterations (script): the number of iterations must be more than 0, but is 0',
    ],
    [
      o({ scenarios: { 'b c': { executor: 'shared-iterations', vus: 5 } } }),
      'scenarios["b c"] (script): the scenario name should contain only numbers, latin letters, underscores, and dashes',
      `scenarios["b c"].iterations (script): the number of iterations (1) can't be less than the number of VUs (5)`,
    ],
    [
      a({ ...constant, exec: 'zed' }),
      `scenarios.a.exec (script): function 'zed' not found in exports; ${exported}`,
    ],
    [
      a({ ...constant, exec: 'logn' }),
      `scenarios.a.exec (script): function 'logn' not found in exports (did you mean 'login'?); ${exported}`,
    ],
    [a({ ...constant, exec: 7 }), "scenarios.a.exec (script): must be text, not 7; write '7'"],
    [
      a({ ...constant, env: { A: 1 }, tags: 'x' }),
      "scenarios.a.env.A (script): must be text, not 1; write '1'",
      'scenarios.a.tags (script): must be an object such as { name: \'value\' }, not "x"',
    ],
    [
      { functions: ['setup'] },
      "executor default (script): function 'default' not found in exports; the script exports setup",
    ],
    [
      { options: { vus: 2 }, functions: [] },
      "executor default (script): function 'default' not found in exports; the script exports none",
    ],
    // conflicts
    [
      o({ iterations: 1, stages: [{ duration: '1s', target: 1 }] }),
      'stages (script): using `iterations` and `stages` options simultaneously is not allowed; keep one of them',
    ],
    [
      o({ iterations: 1, scenarios: { a: constant } }),
      'scenarios (script): using `iterations` and `scenarios` options simultaneously is not allowed; keep one of them',
    ],
    [
      o({ duration: '1s', stages: [{ duration: '1s', target: 1 }] }),
      'stages (script): using `duration` and `stages` options simultaneously is not allowed; keep one of them',
    ],
    [
      o({ duration: '1s', scenarios: { a: constant } }),
      'scenarios (script): using `duration` and `scenarios` options simultaneously is not allowed; keep one of them',
    ],
    [
      o({ stages: [{ duration: '1s', target: 1 }], scenarios: { a: constant } }),
      'scenarios (script): using `stages` and `scenarios` options simultaneously is not allowed; keep one of them',
    ],
    // all of it at once
    [
      o({
        vus: -1,
        duration: 'abc',
        setupTimeout: 0,
        scenarios: {
          a: { executor: 'nope', exec: 'zed', startTime: '-1s', rate: 5 },
          b: { executor: 'constant-vus', vus: 'x' },
        },
      }),
      'scenarios (script): using `duration` and `scenarios` options simultaneously is not allowed; keep one of them',
      'vus (script): the number of VUs must be more than 0, but is -1',
      `duration (script): "abc" is not a duration; write for example '30s', '1m30s' or '500ms'`,
      `scenarios.a.executor (script): unknown executor type "nope"; ${executors}`,
      `scenarios.a.exec (script): function 'zed' not found in exports; ${exported}`,
      "scenarios.a.startTime (script): the startTime can't be negative, but is -1s",
      "scenarios.b.duration (script): the duration is unspecified; write for example '30s'",
      'scenarios.b.vus (script): must be a whole number, not "x"',
      "setupTimeout (script): setupTimeout must be positive, but is 0s; write '60s'",
    ],
    [
      o({ iterations: 'x', vus: 5, stages: [{ duration: '1s', target: -1 }], scenarios: 7 }),
      'stages (script): using `iterations` and `stages` options simultaneously is not allowed; keep one of them',
      'scenarios (script): using `iterations` and `scenarios` options simultaneously is not allowed; keep one of them',
      'iterations (script): must be a whole number, not "x"',
      "stages[0].target (script): the target for stage 1 can't be negative",
      `scenarios (script): must be an object such as { name: { executor: 'constant-vus', vus: 10, duration: '30s' } }, not 7`,
    ],
    [
      o({ vus: 'x', setupTimeout: 0, scenarios: { a: { ...constant, vus: 0 } } }),
      'vus (script): must be a whole number, not "x"',
      'scenarios.a.vus (script): the number of VUs must be more than 0, but is 0',
      "setupTimeout (script): setupTimeout must be positive, but is 0s; write '60s'",
    ],
    [
      o({ duration: 0, vus: 0 }),
      'vus (script): the number of VUs must be more than 0, but is 0',
      "duration (script): `duration` option should be more than 0; write for example '30s'",
    ],
    [
      o({ vus: 0, stages: [{ duration: '1s', target: 'x' }] }),
      'stages[0].target (script): must be a whole number, not "x"',
    ],
    [
      {
        ...o({ duration: '1s', scenarios: { a: { ...constant, exec: 'login', vus: 0 } } }),
        functions: ['login'],
      },
      'scenarios (script): using `duration` and `scenarios` options simultaneously is not allowed; keep one of them',
      'scenarios.a.vus (script): the number of VUs must be more than 0, but is 0',
    ],
    // where it came from
    [
      { configFile: { vus: 'x' }, configFileName: 'vurun.json' },
      'vus (config file vurun.json): must be a whole number, not "x"',
    ],
    [
      { env: { VURUN_VUS: 'many' } },
      'vus (environment VURUN_VUS): must be a whole number, not "many"',
    ],
    [{ flags: { vus: 'many' } }, 'vus (flag --vus): must be a whole number, not "many"'],
    [
      { flags: { stage: ['10s', ':5'] } },
      "stages[0].target (flag --stage): stage 1 doesn't have a target; write the number of VUs at its end",
      "stages[1].duration (flag --stage): stage 2 doesn't have a duration; write for example '30s'",
    ],
    [
      { env: { VURUN_STAGES: '10s:x' } },
      'stages[0].target (environment VURUN_STAGES): must be a whole number, not "x"',
    ],
    [
      { env: { VURUN_THROW: 'maybe' } },
      'throw (environment VURUN_THROW): must be true or false, not "maybe"',
    ],
    [{ flags: { tag: ['novalue'] } }, 'tags (flag --tag): "novalue" is no pair; write name=value'],
    [
      { flags: { insecureSkipTlsVerify: 'perhaps' } },
      'insecureSkipTLSVerify (flag --insecure-skip-tls-verify): must be true or false, not "perhaps"',
    ],
    [
      {
        options: { batch: 'x', rps: [] },
        env: { VURUN_MAX_REDIRECTS: '1.5' },
        flags: { duration: 'x' },
        configFile: { throw: 3 },
      },
      "duration (flag --duration): \"x\" is not a duration; write for example '30s', '1m30s' or '500ms'",
      'rps (script): must be a whole number, not []',
      'maxRedirects (environment VURUN_MAX_REDIRECTS): must be a whole number, not "1.5"',
      'batch (script): must be a whole number, not "x"',
      'throw (config file): must be true or false, not 3',
    ],
  ];
  test.each(cases.map(([given, ...problems]) => ({ given, problems })))(
    '$given are told what is wrong',
    ({ given, problems }) => {
      expect(problemsOf(given)).toEqual(problems);
    },
  );
});

describe('layers', () => {
  test('win over one another from defaults to flags', () => {
    const layers = {
      configFile: { batch: 1, maxRedirects: 1, rps: 1, batchPerHost: 1 },
      options: { batch: 2, maxRedirects: 2, rps: 2 },
      env: { VURUN_BATCH: '3', VURUN_MAX_REDIRECTS: '3' },
      flags: { batch: '4' },
    };
    const config = configOf(layers);
    expect(config).toMatchObject({
      batch: 4,
      maxRedirects: 3,
      rps: 2,
      batchPerHost: 1,
      throw: false,
    });
    expect(config.maxRedirectsExplicit).toBe(true);
    expect(configOf({}).maxRedirectsExplicit).toBe(false);
  });

  test('have defaults below them all', () => {
    const { scenarios, visibleOptions, ...rest } = configOf({ scriptEnv: { A: 'b' } });
    expect(scenarios).toEqual([one]);
    expect(visibleOptions).toMatchObject({ setupTimeout: '1m', vuMemoryLimit: '64MB' });
    expect(rest).toEqual({
      thresholds: [],
      noThresholds: false,
      setupTimeoutMs: 60_000,
      teardownTimeoutMs: 60_000,
      handleSummaryTimeoutMs: 120_000,
      noSetup: false,
      noTeardown: false,
      rps: 0,
      maxRedirects: 10,
      maxRedirectsExplicit: false,
      userAgent: 'vurun/1.2.3',
      batch: 20,
      batchPerHost: 6,
      httpDebug: '',
      httpDebugFailed: false,
      insecureSkipTLSVerify: false,
      tlsAuth: [],
      tlsCA: [],
      throw: false,
      tlsVersion: {},
      tlsCipherSuites: [],
      hosts: {},
      dns: { ttlMs: 300_000, select: 'random', policy: 'preferIPv4' },
      blacklistIPs: [],
      blockHostnames: [],
      failOnScriptError: false,
      linger: false,
      localAddresses: [],
      noConnectionReuse: false,
      noVUConnectionReuse: false,
      noCookiesReset: false,
      discardResponseBodies: false,
      traceparent: 0,
      minIterationDurationMs: 0,
      target: {},
      idHeaders: [],
      strict: false,
      tags: {},
      systemTags:
        'proto subproto status method url name group check error error_code tls_version scenario service expected_response'.split(
          ' ',
        ),
      summaryTrendStats: ['avg', 'min', 'med', 'max', 'p(90)', 'p(95)'],
      summaryTimeUnit: '',
      vuMemoryLimitBytes: 64 * 1024 * 1024,
      vuStackLimitBytes: 128 * 1024,
      vuTurnTimeoutMs: 2_000,
      env: { A: 'b' },
      givenOptions: {},
      warnings: [],
    });
  });

  test.each([
    [
      { options: { scenarios: { a: constant } }, flags: { duration: '5s' } },
      'constant-vus',
      '"cli" level configuration overrode scenarios configuration entirely',
    ],
    [
      { options: { scenarios: { a: constant } }, env: { VURUN_ITERATIONS: '5' } },
      'shared-iterations',
      '"environment" level configuration overrode scenarios configuration entirely',
    ],
    [
      {
        configFile: { scenarios: { a: constant } },
        options: { stages: [{ duration: 1, target: 1 }] },
      },
      'ramping-vus',
      '"script" level configuration overrode scenarios configuration entirely',
    ],
    [
      { options: { scenarios: { a: constant } }, flags: { vus: '2' } },
      'shared-iterations',
      '`vus=2` overrides scenarios configuration',
    ],
    [
      { options: { stages: [] } },
      'per-vu-iterations',
      '`stages` was explicitly set to an empty value, running the script with 1 iteration in 1 VU',
    ],
    [
      { options: { scenarios: {} } },
      'per-vu-iterations',
      '`scenarios` was explicitly set to an empty value, running the script with 1 iteration in 1 VU',
    ],
  ])('of which one pushes out the shortcuts below it say so: %j', (given, executor, warning) => {
    const config = configOf(given as Given);
    expect(config.scenarios.map((scenario) => scenario.executor)).toEqual([executor]);
    expect(config.warnings).toEqual([warning]);
  });

  test('push out lower shortcuts but leave vus', () => {
    const { scenarios, warnings } = configOf({
      options: { vus: 7, iterations: 70, stages: [{ duration: '1s', target: 1 }] },
      flags: { duration: '5s' },
    });
    expect(scenarios).toMatchObject([{ executor: 'constant-vus', vus: 7, durationMs: 5_000 }]);
    expect(warnings).toEqual([]);
  });

  test('replace tags as a whole', () => {
    const given = { options: { tags: { a: '1' } }, env: { VURUN_TAGS: 'b=2,c=x=y' } };
    expect(configOf(given).tags).toEqual({ b: '2', c: 'x=y' });
    expect(configOf({ ...given, flags: { tag: ['d=1,2', 'e='] } }).tags).toEqual({
      d: '1,2',
      e: '',
    });
  });

  test('take from flags and variables what a script would write as lists and objects', () => {
    expect(
      configOf({
        env: {
          VURUN_STAGES: '10s:5, 20s:10',
          VURUN_SUMMARY_TREND_STATS: 'avg,p(99.9)',
          VURUN_NO_SETUP: 'true',
          VURUN_NO_TEARDOWN: '0',
          VURUN_USER_AGENT: '',
          VURUN_HOSTS: 'a.b=10.0.0.1:80',
          PATH: 'x',
        },
        flags: {
          httpDebug: true,
          systemTags: 'url,vu',
          noThresholds: true,
          localIps: '127.0.0.2-127.0.0.3',
        },
      }),
    ).toMatchObject({
      scenarios: [
        {
          stages: [
            { durationMs: 10_000, target: 5 },
            { durationMs: 20_000, target: 10 },
          ],
        },
      ],
      summaryTrendStats: ['avg', 'p(99.9)'],
      noSetup: true,
      noTeardown: false,
      userAgent: 'vurun/1.2.3',
      hosts: { 'a.b': '10.0.0.1:80' },
      httpDebug: 'headers',
      systemTags: ['url', 'vu'],
      noThresholds: true,
      localAddresses: ['127.0.0.2', '127.0.0.3'],
    });
  });

  test('understand how commander tells negated flags', () => {
    expect(
      configOf({ flags: { setup: false, teardown: true, connectionReuse: false } }),
    ).toMatchObject({
      noSetup: true,
      noTeardown: false,
      noConnectionReuse: true,
    });
    expect(optionFlags).toContain('noVuConnectionReuse');
  });
});

describe('odd but no mistake', () => {
  test.each([
    [
      { options: { vsu: 1, whatever: 2 } },
      "There were unknown fields in the options exported in the script: vsu (did you mean 'vus'?), whatever",
    ],
    [
      { configFile: { what: 1 }, configFileName: 'c.json' },
      'There were unknown fields in the config file c.json: what',
    ],
    [
      { options: { noThresholds: true } },
      "There were unknown fields in the options exported in the script: noThresholds (did you mean 'thresholds'?)",
    ],
    [{ options: { cloud: {} } }, 'cloud (script): this option of k6 means nothing to vurun'],
    [
      { options: { systemTags: ['url', 'methd'] } },
      "systemTags (script): there is no system tag 'methd' (did you mean 'method'?)",
    ],
    [{ env: { VURUN_VU: '3' } }, 'VURUN_VU is no option; did you mean VURUN_VUS?'],
    [
      { options: { executionSegment: '1/4:1/2' } },
      'executionSegment 1/4:1/2 is given without executionSegmentSequence: what is left and right of it counts as one part each, ' +
        'and parts that were not cut like that overlap; give every machine the same sequence, for example 0,1/4,1/2,3/4,1',
    ],
  ])('%j gives a warning', (given, warning) => {
    expect(configOf(given as Given).warnings).toEqual([warning]);
  });

  test.each([
    [{ paused: false }],
    [
      {
        tlsAuth: [{ cert: '-----BEGIN A', key: '-----BEGIN B', domains: ['*.x'] }],
        tlsCA: ['-----BEGIN C'],
      },
    ],
    [{ hosts: { 'a.b:80': '[::1]:8080', '*.c': '::1', d: '10.0.0.1:1' } }],
    [{ rps: -1 }],
    [{ summaryTrendStats: [] }],
  ])('%j gives none', (options) => {
    expect(configOf({ options }).warnings).toEqual([]);
  });
});

test('thresholds keep their text and get their switches', () => {
  expect(
    configOf({
      options: {
        thresholds: {
          'http_req_duration{type:api}': [
            'p(95)<500',
            { threshold: 'avg<1', abortOnFail: true, delayAbortEval: '10s' },
          ],
          checks: 'rate>0.9',
        },
      },
    }).thresholds,
  ).toEqual([
    {
      metric: 'http_req_duration{type:api}',
      expressions: [
        { source: 'p(95)<500', abortOnFail: false, delayAbortEvalMs: 0 },
        { source: 'avg<1', abortOnFail: true, delayAbortEvalMs: 10_000 },
      ],
    },
    {
      metric: 'checks',
      expressions: [{ source: 'rate>0.9', abortOnFail: false, delayAbortEvalMs: 0 }],
    },
  ]);
});

test('what is declared for the plan check is kept, that of a scenario before that of all', () => {
  const { scenarios, target, strict, visibleOptions } = configOf({
    options: {
      iterationTakes: '5s',
      callsPerIteration: 2,
      target: { limit: ' 300 / min ' },
      scenarios: { a: constant, b: { ...constant, iterationTakes: '90s', callsPerIteration: 0 } },
    },
    flags: { strict: true },
  });
  expect(scenarios).toMatchObject([
    { name: 'a', iterationTakesMs: 5_000, callsPerIteration: 2 },
    { name: 'b', iterationTakesMs: 90_000, callsPerIteration: 0 },
  ]);
  expect(target).toEqual({ limit: { count: 300, perMs: 60_000 } });
  expect(strict).toBe(true);
  expect(visibleOptions).toMatchObject({
    target: { limit: '300/min' },
    strict: true,
    scenarios: { b: { iterationTakes: '1m30s', callsPerIteration: 0 } },
  });
  expect(configOf({ options: { target: { limit: '5/s' } } }).target.limit?.perMs).toBe(1_000);
  expect(configOf({ options: { target: { limit: '9/h' } } }).target.limit?.perMs).toBe(3_600_000);
  expect(configOf({ options: { target: {} } }).target).toEqual({});
});

test('a script sees scenarios in place of shortcuts, and no keys', () => {
  const { visibleOptions } = configOf({
    options: {
      vus: 2,
      duration: '90s',
      tlsAuth: [{ cert: '-----BEGIN A', key: '-----BEGIN SECRET', password: 'SECRET' }],
    },
  });
  expect(visibleOptions['scenarios']).toEqual({
    default: {
      executor: 'constant-vus',
      startTime: '0s',
      gracefulStop: '30s',
      exec: 'default',
      env: {},
      tags: {},
      vus: 2,
      duration: '1m30s',
    },
  });
  expect(Object.keys(visibleOptions)).not.toContain('duration');
  expect(JSON.stringify(visibleOptions)).not.toContain('SECRET');
});

test.each([
  ['64MB', 67_108_864],
  ['128KB', 131_072],
  ['1.5 kib', 1_536],
  ['2GB', 2_147_483_648],
  ['100', 100],
  [4096, 4_096],
  ['1TB', undefined],
  ['-1MB', undefined],
  ['', undefined],
  [null, undefined],
])('the size %j is %j bytes', (text, bytes) => {
  expect(parseSize(text)).toBe(bytes);
});

test.each([
  [67_108_864, '64MB'],
  [131_072, '128KB'],
  [1_073_741_824, '1GB'],
  [1_000, '1000B'],
])('%i bytes are written %s', (bytes, text) => {
  expect(formatSize(bytes)).toBe(text);
});

test.each([
  ['10.0.0.2', ['10.0.0.2']],
  ['10.0.0.254-10.0.1.1', ['10.0.0.254', '10.0.0.255', '10.0.1.0', '10.0.1.1']],
  ['10.0.0.9/30, 10.1.0.1', ['10.0.0.9', '10.0.0.10', '10.1.0.1']],
  ['10.0.0.0/31', ['10.0.0.0', '10.0.0.1']],
  ['10.0.0.7/32', ['10.0.0.7']],
  ['::1', ['::1']],
  ['fe80::fffe-fe80::1:0', ['fe80::fffe', 'fe80::ffff', 'fe80::1:0']],
  ['2001:db8::/127', ['2001:db8::', '2001:db8::1']],
])('%s names its addresses', (text, addresses) => {
  expect(parseAddresses(text)).toEqual(addresses);
});

test.each([
  ['10.0.0.1-::1', "'10.0.0.1-::1' mixes IPv4 and IPv6"],
  ['10.0.0.0/33', "'10.0.0.0/33' has a prefix longer than 32 bits"],
  ['::/0', 'it names more than 65536 addresses'],
])('%s is refused', (text, message) => {
  expect(() => parseAddresses(text)).toThrow(message);
});
