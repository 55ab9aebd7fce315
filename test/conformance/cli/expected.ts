import type { Cases } from '../case.ts';

export const cases: Cases = {
  'unknown-flag': {
    row: '3.4 unknown flag',
    command: ['run', '--nope', 'SCRIPT'],
    exit: 255,
    logs: ['error: unknown flag: --nope'],
  },
  'no-script': {
    row: '3.4 no args',
    command: ['run'],
    exit: 255,
    logs: ['error: accepts 1 arg(s), received 0'],
  },
  'missing-script': {
    row: '3.4 main script missing',
    command: ['run', 'missing.js'],
    exit: 255,
    logs: ['error: The moduleSpecifier "missing.js" couldn\'t be found on local disk.'],
  },
  description: {
    row: '3.5 description',
    command: ['run', 'SCRIPT'],
    stdout: [
      '     execution: local\n        script: description.js\n        output: -\n',
      '     scenarios: (100.00%) 3 scenarios, 5 max VUs, 32s max duration (incl. graceful stop):\n',
      '              * cv: 1 looping VUs for 1s (gracefulStop: 1s)\n',
      '              * pv: 3 iterations for each of 2 VUs (maxDuration: 2s, gracefulStop: 30s)\n',
      '              * si: 10 iterations shared among 2 VUs (maxDuration: 2s, gracefulStop: 30s)\n',
      /pv +✓ \[ 100% \] 2 VUs +[\d.]+s\/2s +6\/6 iters, 3 per VU/,
    ],
  },
  inspect: {
    row: '5 inspect',
    command: ['inspect', 'SCRIPT'],
    stdout: [/"vus": 3/, /"duration": "30s"/, /"thresholds": \{/],
  },
  'log-format': {
    row: '3.2 --log-format and --log-output',
    command: [
      'run',
      '--quiet',
      '--summary-mode',
      'disabled',
      '--log-output',
      'file=log.txt',
      'SCRIPT',
    ],
    leaves: {
      'log.txt': [
        /^time="\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ" level=info msg="a \\"quoted\\" text" source=console\n/,
      ],
    },
  },
  'env-alone': {
    row: '3.2 --include-system-env-vars',
    args: ['--include-system-env-vars=false', '-e', 'GIVEN=g'],
    env: { FROM_SYSTEM: 'sys' },
    says: ['g undefined'],
  },
  'config-missing': {
    row: '2 config file',
    args: ['--config', 'nope.json'],
    exit: 104,
    logs: ['error: nope.json'],
  },
  flags: {
    row: '3.2',
    args: [
      '-u',
      '2',
      '-i',
      '2',
      '--user-agent',
      'ua',
      '--max-redirects',
      '4',
      '--rps',
      '99',
      '-w',
      '--discard-response-bodies',
      '--insecure-skip-tls-verify',
      '--no-connection-reuse',
    ],
    unordered: true,
    says: [
      'ua 4 99 true true true true',
      'ua 4 99 true true true true',
      'shared-iterations 2',
      'shared-iterations 2',
    ],
  },
  'new': {
    row: '3.1 new',
    command: ['new', 'made.js'],
    stdout: [],
    leaves: { 'made.js': [/from 'k6/, /export default function/] },
  },
  'new-refuses': {
    row: '3.1 new',
    command: ['new', 'SCRIPT'],
    exit: 255,
    logs: ['error: new-refuses.js'],
  },
  archive: {
    row: '5 archive',
    command: ['archive', 'SCRIPT', '-O', 'out.tar'],
    leaves: { 'out.tar': ['metadata.json', /"type": ?"js"/] },
  },
};
