import type { Cases } from '../case.ts';

export const cases: Cases = {
  scenario: {
    row: '1.7 scenario',
    says: [
      'getting scenario information outside of the VU context is not supported',
      'mine shared-iterations true true 0 0',
      'true',
      'mine shared-iterations true true 1 1',
      'true',
    ],
  },
  instance: {
    row: '1.7 instance',
    says: ['true 0 0 1 1', 'true 1 0 1 1'],
  },
  vu: {
    row: '1.7 vu',
    says: ['a 1 1 true 0 undefined a', 'a 1 1 true 1 undefined a', 'b 1 1 true 0 b b'],
  },
  'vu-tags': {
    row: '1.7 vu tags',
    says: ['1 1 true group,kept,old,scenario'],
    tags: {
      cc: [
        { group: '', kept: '1', old: 'true', scenario: 'default' },
        { group: '', old: 'true', scenario: 'default' },
      ],
    },
  },
  'vu-tags-refused': {
    row: '1.7 vu tags',
    says: ['refused'],
  },
  'vu-metadata': {
    row: '1.7 vu metadata',
    tags: {
      cc: [
        { group: '', 'metadata.trace': 'abc', scenario: 'default' },
        { group: '', scenario: 'default' },
      ],
    },
  },
  'test-options': {
    row: '1.7 test.options',
    says: ['undefined undefined 3 {"run":"r"} shared-iterations 2 4', 'TypeError', 'true'],
  },
  activation: {
    row: '6.2 activation',
    says: ['a 0 0 undefined undefined', 'b 1 1 undefined undefined'],
  },
};
