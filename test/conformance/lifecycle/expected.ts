import type { Cases } from '../case.ts';

export const cases: Cases = {
  'setup-data': {
    row: '1.19 setup, 0.9',
    says: [
      '1970-01-01T00:00:00.000Z null [["k",1]] AQI= [null] true undefined',
      '1970-01-01T00:00:00.000Z null [["k",1]] AQI= [null] true mine',
      'teardown undefined 1970-01-01T00:00:00.000Z',
    ],
  },
  'setup-none': {
    row: '1.19 setup',
    says: ['undefined true'],
  },
  'setup-function': {
    row: '1.19 setup',
    exit: 255,
    logs: [
      'error: error marshaling setup() data to JSON',
      'warning: No script iterations fully finished, consider making the test duration longer',
    ],
  },
  'setup-http': {
    row: '1.19 setup, 4 http tags',
    requests: ['GET /setup', 'GET /later', 'GET /ok', 'GET /teardown-ok'],
    tags: {
      http_reqs: [
        {
          expected_response: 'true',
          group: '::setup',
          method: 'GET',
          name: 'http://HOST/setup',
          proto: 'HTTP/1.1',
          status: '200',
          url: 'http://HOST/setup',
        },
        {
          expected_response: 'true',
          group: '::setup',
          method: 'GET',
          name: 'http://HOST/later',
          proto: 'HTTP/1.1',
          status: '200',
          url: 'http://HOST/later',
        },
        {
          expected_response: 'true',
          group: '',
          method: 'GET',
          name: 'http://HOST/ok',
          proto: 'HTTP/1.1',
          scenario: 'default',
          status: '200',
          url: 'http://HOST/ok',
        },
        {
          expected_response: 'true',
          group: '::teardown',
          method: 'GET',
          name: 'http://HOST/teardown-ok',
          proto: 'HTTP/1.1',
          status: '200',
          url: 'http://HOST/teardown-ok',
        },
      ],
      checks: [{ check: 'set up', group: '::setup' }],
      data_sent: [
        { group: '::setup' },
        { group: '', scenario: 'default' },
        { group: '::teardown' },
      ],
    },
    samples: { iterations: 1, iteration_duration: 1 },
  },
  'setup-throws': {
    row: '1.19 setup, 3.3 107',
    exit: 107,
    logs: [
      'error: Error: no setup',
      'warning: No script iterations fully finished, consider making the test duration longer',
    ],
    samples: { iterations: 0 },
  },
  'setup-timeout': {
    row: '1.19 setup, 3.3 100',
    exit: 100,
    logs: [
      'error: setup() execution timed out after 0 seconds',
      'warning: No script iterations fully finished, consider making the test duration longer',
    ],
  },
  'teardown-throws': {
    row: '3.4 teardown throw',
    exit: 107,
    logs: ['error: Error: td boom'],
    samples: { iterations: [1, 1] },
  },
  'teardown-timeout': {
    row: '3.3 101',
    exit: 101,
    logs: ['error: teardown() execution timed out after 0 seconds'],
  },
  abort: {
    row: '1.7 abort, 3.3 108',
    exit: 108,
    says: ['ran 0', 'teardown'],
    logs: ['error: test aborted: my reason'],
    samples: { iterations: [1, 1] },
  },
  'abort-in-init': {
    row: '1.7 abort, 3.4 test.abort in init',
    exit: 108,
    logs: ['error: test aborted: init reason'],
  },
  'mark-failed': {
    row: '1.7 fail, 3.3 110',
    exit: 110,
    says: ['ran 0', 'ran 1'],
    logs: ['error: test marked as failed: marked', 'error: test run was marked as failed'],
    samples: { iterations: [2, 2] },
  },
  throws: {
    row: '0.1, 3.4 throw in iteration',
    says: ['fine'],
    logs: ['error: Error: boom in iter', 'error: just a string', 'error: TypeError: async boom'],
    samples: { iterations: [4, 4], iteration_duration: 4 },
  },
  'throws-sync': {
    row: '3.4 throw in iteration',
    logs: ['error: RangeError: boom\n'],
    samples: { iterations: [1, 1] },
  },
  'throws-in-init': {
    row: '3.4 throw in init',
    exit: 107,
    logs: ['error: Error: boom in init'],
  },
  'syntax-error': {
    row: '3.4 syntax error',
    exit: 107,
    logs: ['error: Unexpected token ;'],
  },
  'no-exports': {
    row: '1.19, 3.4 no exports',
    exit: 255,
    logs: ['error: no exported functions in script'],
  },
  'no-default': {
    row: '1.19, 3.4 no default export',
    exit: 104,
    logs: ['error: There were problems with the specified script configuration'],
  },
  'never-settles': {
    row: '0.8, 6.4',
    samples: { iterations: [1, 1] },
  },
  'event-loop': {
    row: '6.4 event loop',
    says: ['sync,job,timer'],
    samples: { iterations: 1 },
  },
  'handle-summary': {
    row: '1.19 handleSummary',
    exit: 99,
    says: [
      'metrics,options,root_group,setup_data,state',
      'counter default 3 {"count==3":{"ok":true}}',
      '{"value":2,"min":2,"max":5} {"rate":0.5,"passes":1,"fails":1} {"avg<1":{"ok":false}}',
      'avg,min,med,max,p(90),p(95) time data',
      '["avg","min","med","max","p(90)","p(95)"] false true 1',
      ' gr ok 1',
    ],
    logs: ["error: thresholds on metrics 'tt' have been crossed"],
    stdout: ['to stdout\n'],
    leaves: { 'out.json': ['{"to":"file"}'], 'out.bin': ['AB'] },
  },
  'handle-summary-throws': {
    row: '1.19 handleSummary',
    logs: ['error: no summary'],
    stdout: ['TOTAL RESULTS', 'iterations'],
  },
  'handle-summary-nothing': {
    row: '1.19 handleSummary',
    stdout: ['TOTAL RESULTS'],
  },
  'handle-summary-bad-value': {
    row: '1.19 handleSummary',
    logs: ['error: failed to handle the end-of-test summary'],
    stdout: [],
  },
  interrupted: {
    row: '0.3, 3.3 105',
    exit: 105,
    signal: { at: 'started', name: 'SIGINT' },
    says: ['started', 'teardown'],
    logs: [
      "error: test run was aborted because k6 received a 'interrupt' signal",
      'warning: No script iterations fully finished, consider making the test duration longer',
    ],
    samples: { iterations: 0 },
  },
  'init-per-vu': {
    row: '1.19 init code, 0.4',
    unordered: true,
    says: ['init 1', 'init 2', 'its own 2', 'its own 2'],
  },
  'fail-in-init': {
    row: '1.7 fail',
    exit: 107,
    logs: ['error: execution.test.fail() called outside of VU context'],
  },
  'async-exports': {
    row: '1.19 async functions',
    says: ['data later', 'teardown data'],
  },
};
