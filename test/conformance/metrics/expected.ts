import type { Cases } from '../case.ts';

export const cases: Cases = {
  custom: {
    row: '1.8 add',
    says: ['true true true true', 'my_counter my_trend', 'true true true true'],
    samples: {
      my_counter: [8, 10],
      'my_counter{kind:a,n:1,on:true}': [2, 4],
      my_gauge: [2, 14],
      my_trend: [2, 3],
      my_rate: 6,
    },
    tags: { my_trend: [{ group: '', scenario: 'default' }] },
  },
  'invalid-values': {
    row: '1.8 add',
    says: [
      'false false false false',
      "cannot add tags for the 'cc' custom metric:",
      "cannot add tags for the 'cc' custom metric:",
    ],
    logs: [
      "warning: 'NaN' is an invalid value for metric 'cc', a number or a boolean value is expected",
      "warning: 'null' is an invalid value for metric 'cc', a number or a boolean value is expected",
      "warning: is an invalid value for metric 'cc', a number or a boolean value is expected",
      "warning: is an invalid value for metric 'cc', a number or a boolean value is expected",
    ],
    samples: { cc: 0 },
  },
  'invalid-values-throw': {
    row: '1.8 add',
    says: ["'null' is an invalid value for metric 'cc', a number or a boolean value is expected"],
  },
  names: {
    row: '1.8',
    says: [
      /^Invalid metric name: 'x'\. Metric names must only include up to 128 ASCII letters, numbers, or underscores and start with a letter or an underscore\./,
      /^Invalid metric name: '1st'/,
      /^Invalid metric name: 'with-dash'/,
      /^Invalid metric name: ''/,
      "metric 'same' already exists but with type counter, instead of trend",
      /^metric 'same' already exists but with a value type/,
      'metrics must be declared in the init context',
    ],
  },
  'add-in-init': {
    row: '1.8 add',
    exit: 107,
    logs: ['error: Adding to metrics in the init context is not supported'],
  },
  'built-in': {
    row: '4 vus, vus_max, data_sent',
    samples: { 'vus{scenario:default}': 0, http_reqs: 0 },
    tags: {
      vus: [{}],
      vus_max: [{}],
      iterations: [{ group: '', scenario: 'default' }],
      data_received: [{ group: '', scenario: 'default' }],
    },
  },
};
