import type { Cases } from '../case.ts';

export const cases: Cases = {
  passed: {
    row: '2.4',
    requests: ['GET /x'],
  },
  crossed: {
    row: '2.4, 3.3 99',
    exit: 99,
    logs: ["error: thresholds on metrics 'cc, cc{kind:a}, checks' have been crossed"],
    samples: { iterations: 2 },
  },
  'abort-on-fail': {
    row: '2.4 abortOnFail',
    exit: 99,
    says: ['teardown'],
    logs: [
      "error: thresholds on metrics 'rr' were crossed; at least one has abortOnFail enabled, stopping test prematurely",
    ],
  },
  malformed: {
    row: '2.4 config errors',
    exit: 104,
    logs: [
      'error: failed parsing threshold expression "p(95)<"; reason: malformed threshold expression',
    ],
  },
  'wrong-method': {
    row: '2.4 config errors',
    exit: 104,
    logs: [
      'error: invalid threshold "count<5" applied on metric http_req_duration; reason: unsupported aggregation method count on metric of type trend. supported aggregation methods for this metric are: avg, min, max, med, p',
    ],
  },
  'unknown-metric': {
    row: '2.4 config errors',
    exit: 104,
    logs: ['error: invalid threshold defined on nonexist; reason: no metric name "nonexist" found'],
  },
  'unknown-method': {
    row: '2.4 config errors',
    exit: 104,
    logs: [
      'error: failed parsing threshold expression\'s "foo(95)<5" left hand side; reason: failed parsing method from expression',
    ],
  },
  'open-brace': {
    row: '2.4 config errors',
    exit: 104,
    logs: [
      'error: unable to validate threshold expressions; reason: parsing metric name failed, metric "http_req_duration{a:b" has unmatched opening/close curly brace',
    ],
  },
  'switched-off': {
    row: '2.4 --no-thresholds',
    args: ['--no-thresholds'],
  },
  empty: {
    row: '2.4 evaluation without samples',
  },
};
