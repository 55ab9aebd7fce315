import type { Cases } from '../case.ts';

export const cases: Cases = {
  'shared-iterations': {
    row: '2.3 shared-iterations, 6.6',
    unordered: true,
    says: ['0', '1', '2', '3', '4', '5', '6'],
    samples: { iterations: [7, 7] },
  },
  'per-vu-iterations': {
    row: '2.3 per-vu-iterations, 6.6',
    unordered: true,
    says: ['1 0', '1 1', '2 0', '2 1'],
  },
  'max-duration': {
    row: '2.3 maxDuration, 6.5, 6.6',
    samples: {
      'iterations{scenario:a}': [1, 1],
      'iterations{scenario:b}': 0,
      'dropped_iterations{scenario:a,of:a}': [1, 4],
      'dropped_iterations{scenario:b}': [1, 3],
    },
  },
  'constant-vus': {
    row: '2.3 constant-vus, 6.6',
    logs: ['warning: There were unknown fields in the options exported in the script'],
    samples: { iterations: [4, 4] },
  },
  'constant-arrival-rate': {
    row: '2.3 constant-arrival-rate, durations of at least 1s',
    exit: 104,
    logs: ['error: the duration must be at least 1s, but is 950ms'],
  },
  arrivals: {
    row: '6.6 constant-arrival-rate',
    says: ['0', '1', '2', '3', '4'],
    samples: { iterations: 5, dropped_iterations: 0 },
  },
  starved: {
    row: '6.6 constant-arrival-rate, 3.4 starved',
    logs: ['warning: Insufficient VUs, reached 1 active VUs and cannot initialize more'],
    samples: { iterations: 1, dropped_iterations: [4, 4], 'dropped_iterations{scenario:a}': 4 },
  },
  'ramping-arrival-rate': {
    row: '6.6 ramping-arrival-rate',
    says: ['0', '1', '2', '3', '4'],
  },
  'ramping-vus': {
    row: '2.3 ramping-vus, 6.6',
    says: ['started', 'started'],
    logs: ['warning: No script iterations fully finished'],
    samples: { iterations: 0 },
  },
  'ramp-down-grace': {
    row: '6.6 ramping-vus, gracefulRampDown',
    says: ['finished 0', 'finished 0'],
  },
  'graceful-stop': {
    row: '6.5',
    samples: { 'iterations{scenario:cut}': 0, 'iterations{scenario:late}': 1 },
  },
  scenarios: {
    row: '2.3 common fields',
    says: ['one first ada', 'two second undefined'],
    tags: {
      iterations: [
        { group: '', kind: 'x', scenario: 'first' },
        { group: '', scenario: 'second' },
      ],
    },
  },
  'missing-exec': {
    row: '2.3 common fields',
    exit: 104,
    logs: ["error: executor a: function 'zed' not found in exports"],
  },
  segment: {
    row: '2.5',
    args: ['--execution-segment', '0:1/3', '--execution-segment-sequence', '0,1/3,2/3,1'],
    says: ['ran', 'ran', 'ran'],
    samples: { iterations: 3 },
  },
  'segment-outside': {
    row: '2.5',
    args: ['--execution-segment', '0:1/4', '--execution-segment-sequence', '0,1/3,2/3,1'],
    exit: 104,
    logs: ["error: provided segment 0:1/4 can't be found in sequence 0,1/3,2/3,1"],
  },
  'time-unit': {
    row: '2.3 timeUnit',
    says: ['ran', 'ran', 'ran'],
  },
};
