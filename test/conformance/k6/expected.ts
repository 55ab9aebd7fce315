import type { Cases } from '../case.ts';

export const cases: Cases = {
  check: {
    row: '1.1 check',
    says: ['false true'],
    samples: { checks: [5, 4], 'checks{check:falsy}': [1, 0] },
    tags: {
      checks: [
        ...['is 200', 'truthy', 'falsy', 'counted'].map((check) => ({
          check,
          group: '',
          kind: 'k',
          scenario: 'default',
        })),
        { check: 'fine', group: '', scenario: 'default' },
      ],
    },
  },
  'check-throws': {
    row: '1.1 check',
    says: ['inside'],
    samples: { checks: [2, 1], 'checks{check:second}': [1, 0], 'checks{check:third}': 0 },
  },
  'check-errors': {
    row: '1.1 check',
    says: [
      /no checks provided to `check`/,
      /group and check names may not contain '::'/,
      /^the built-in check\(\) does not support async functions as arguments/,
    ],
  },
  'check-in-init': {
    row: '1.1 check',
    exit: 107,
    logs: ['error: Using check() in the init context is not supported'],
  },
  group: {
    row: '1.1 group',
    requests: ['GET /a', 'GET /b'],
    says: ['v'],
    samples: {
      group_duration: 2,
      'group_duration{group:::outer}': 1,
      'group_duration{group:::outer::inner}': 1,
      'http_reqs{group:::outer}': 1,
      'http_reqs{group:}': 1,
      'checks{group:::outer::inner}': 1,
      'iterations{group:}': 1,
    },
  },
  'group-throws': {
    row: '1.1 group',
    says: ['inside'],
    samples: { 'group_duration{group:::g}': 1, 'after{group:}': 1 },
  },
  'group-errors': {
    row: '1.1 group',
    says: [
      /group and check names may not contain '::'/,
      /group\(\) requires a callback as a second argument/,
      /^group\(\) does not support async functions as arguments/,
    ],
  },
  'group-callbacks': {
    row: '1.1 group',
    samples: { 'checks{check:timer,group:}': 1, 'checks{check:job,group:}': 1 },
  },
  sleep: {
    row: '1.1 sleep, 0.7',
    says: ['true true true true', 'false'],
  },
  'sleep-in-init': {
    row: '1.1 sleep',
    says: ['ran'],
  },
  fail: {
    row: '1.1 fail, 1.0 error objects',
    says: ['again GoError GoError: again'],
    logs: ['error: GoError: my fail'],
    samples: { iterations: [2, 2] },
  },
  'random-seed': {
    row: '1.1 randomSeed, 1.0 engine',
    says: ['0.6046602879796196', '0.6046602879796196'],
  },
};
