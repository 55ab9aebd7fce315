import type { Cases } from '../case.ts';

export const cases: Cases = {
  tiers: {
    row: '2 sources',
    files: { 'config.json': '{"maxRedirects":1,"batch":1,"rps":1000,"batchPerHost":1}' },
    args: ['-c', 'config.json', '--user-agent', 'flag'],
    env: { K6_BATCH_PER_HOST: '3', K6_USER_AGENT: 'env' },
    says: ['2 2 3 flag 1000'],
  },
  'shortcut-wipe': {
    row: '2 shortcut wipe rule',
    args: ['--iterations', '2'],
    says: ['default shared-iterations', 'default shared-iterations'],
    logs: ['warning: "cli" level configuration overrode scenarios configuration entirely'],
  },
  'env-stages': {
    row: '2.1 stages',
    env: { K6_STAGES: '1s:1' },
    says: [/^ramping-vus \[\{"duration":"1s","target":1\}\]$/],
  },
  'unknown-option': {
    row: '2 unknown option',
    says: ['ran'],
    logs: ['warning: There were unknown fields in the options exported in the script'],
  },
  'derived-vus': {
    row: '2.2',
    says: ['shared-iterations default', 'shared-iterations default'],
  },
  'derived-nothing': {
    row: '2.2',
    says: ['per-vu-iterations default'],
  },
  conflict: {
    row: '2.2, 3.3 104',
    exit: 104,
    logs: ['error: using `iterations` and `stages` options simultaneously is not allowed'],
  },
  'empty-stages': {
    row: '2.2',
    says: ['once'],
    logs: [
      'warning: `stages` was explicitly set to an empty value, running the script with 1 iteration in 1 VU',
    ],
  },
  'bad-number': {
    row: '2, 3.4 bad option value',
    exit: 104,
    logs: ['error: strconv.ParseInt: parsing "x": invalid syntax'],
  },
  'bad-duration': {
    row: '2 durations, 3.4 bad option value',
    exit: 104,
    logs: ['error: time: invalid duration "abc"'],
  },
  durations: {
    row: '2 durations',
    says: [/^1m30s 1m30s 26h(0m0s)? 10ms$/],
  },
  'unknown-executor': {
    row: '3.4 unknown executor',
    exit: 104,
    logs: ["error: unknown executor type 'nope'"],
  },
  'externally-controlled': {
    row: '2.3, 0.12',
    exit: 104,
    logs: ["error: unknown executor type 'externally-controlled'"],
  },
  'no-executor': {
    row: '3.4 no executor',
    exit: 104,
    logs: ["error: scenario 'a' doesn't have a specified executor type"],
  },
  'unknown-field': {
    row: '3.4 unknown scenario field',
    exit: 104,
    logs: ['error: json: unknown field "foo"'],
  },
  'scenario-problems': {
    row: '2.3',
    args: ['--log-output', 'file=log.txt'],
    exit: 104,
    logs: ['error: There were problems with the specified script configuration:'],
    leaves: {
      'log.txt': [
        'There were problems with the specified script configuration',
        'scenario c has configuration errors: ',
        "the iteration rate isn't specified",
        'the duration is unspecified',
        "the number of preAllocatedVUs isn't specified",
        'scenario d has configuration errors: at least one stage has to be specified',
        "stage 1 doesn't have a duration",
        "the target for stage 1 can't be negative",
        'exec value cannot be empty',
        "the startTime can't be negative",
        "the gracefulStop timeout can't be negative",
        'the number of iterations must be more than 0',
        'the maxDuration must be at least 1s, but is 1ms',
        'the number of VUs must be more than 0',
        'the duration must be at least 1s, but is 10ms',
        'the scenario name should contain only numbers, latin letters, underscores, and dashes',
        "the number of iterations (1) can't be less than the number of VUs (5)",
        "executor a: function 'zed' not found in exports",
      ],
    },
  },
  'setup-timeout-zero': {
    row: '2.1 setupTimeout',
    exit: 104,
    logs: ['error: setupTimeout must be positive'],
  },
  'trend-stats': {
    row: '2.1 summaryTrendStats',
    exit: 104,
    logs: ["error: invalid trend stat 'nope', unknown format"],
  },
  'time-unit': {
    row: '2.1 summaryTimeUnit',
    exit: 104,
    logs: ["error: invalid summary time unit 'h', use 's', 'ms' or 'us'"],
  },
  dns: {
    row: '2.1 dns',
    says: ['1m first onlyIPv4'],
  },
  'no-setup': {
    row: '2.1 noSetup and noTeardown',
    args: ['--no-setup', '--no-teardown'],
    says: ['ran undefined'],
  },
  'min-iteration-duration': {
    row: '2.1 minIterationDuration',
    says: ['true'],
    samples: { iteration_duration: 2 },
  },
  'run-tags': {
    row: '2 tags, 3.2 --tag',
    args: ['--tag', 'b=flag', '--tag', 'c=d=e'],
    tags: { cc: [{ b: 'flag', c: 'd=e', group: '', scenario: 'default' }] },
  },
  'batch-limits': {
    row: '2.1 batch',
    requests: ['GET /delay/60', 'GET /delay/60', 'GET /delay/60'],
    says: ['true'],
  },
  'env-shortcuts': {
    row: '2.1 vus and iterations',
    env: { K6_VUS: '2', K6_ITERATIONS: '2' },
    says: ['shared-iterations 2', 'shared-iterations 2'],
  },
  'env-lists': {
    row: '2.1 environment',
    env: {
      K6_THROW: 'true',
      K6_TAGS: 'a=b',
      K6_SUMMARY_TREND_STATS: 'avg,p(99)',
      K6_SETUP_TIMEOUT: '90s',
      K6_BLOCK_HOSTNAMES: 'a.test,*.b.test',
    },
    says: ['true {"a":"b"} avg,p(99) 1m30s a.test,*.b.test'],
  },
  'cipher-suites': {
    row: '2.1 tlsCipherSuites',
    exit: 104,
    logs: ["error: unknown cipher suite 'NOPE'"],
  },
  'tls-version-unknown': {
    row: '2.1 tlsVersion',
    exit: 104,
    logs: ["error: unknown TLS version 'tls9'"],
  },
  'fractional-rate': {
    row: '2.3 rates are integers',
    exit: 104,
    logs: ['error: rate'],
  },
  'wrong-percentile': {
    row: '2.1 summaryTrendStats',
    exit: 104,
    logs: ["error: invalid percentile trend stat value '101', provide a number between 0 and 100"],
  },
};
