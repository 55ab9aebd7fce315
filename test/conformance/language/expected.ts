import type { Cases } from '../case.ts';

export const cases: Cases = {
  features: {
    row: '1.0 engine',
    says: [
      's 1000 1 1180591620717411303424 x undefined',
      '1,2,3 2 2',
      '2026 a1b!',
      '1,2 awaited 7',
    ],
  },
  globals: {
    row: '1.0 globals',
    says: [
      'function,function,function,function,function,function,function,function',
      'true object function',
      /^ü file:\/\/.*\/x\.js$/,
    ],
  },
  'vu-and-iter': {
    row: '1.0 globals __VU and __ITER',
    unordered: true,
    args: ['--vus', '2', '--iterations', '2'],
    says: ['setup 0 undefined', 'own undefined true', 'own undefined true', 'teardown 0 undefined'],
  },
  env: {
    row: '1.0 globals __ENV',
    args: ['-e', 'GIVEN=g', '--env', 'NUMBER=7'],
    env: { FROM_SYSTEM: 'sys' },
    says: ['g, over s string sys undefined', 'g, over s string sys kept'],
  },
  console: {
    row: '1.0 console formatting',
    says: [
      'text 1 true null undefined { a: 1, b: [ 1, "x" ] }',
      '{ f: [object Function], d: "1970-01-01T00:00:00.000Z", n: null }',
      'Uint8Array(2) [ 1, 2 ]',
      'ArrayBuffer { [Uint8Contents]: <01 02>, byteLength: 2 }',
      /^\{ name: "l", self: \[Circular\] \}$/,
      'Error: as text',
      'warning: careful',
      'error: bad',
      '',
    ],
  },
  'console-output': {
    row: '1.0 console --console-output',
    args: ['--console-output', 'said.txt'],
    leaves: { 'said.txt': ['to the file', 'too', 'level=warning'] },
  },
  open: {
    row: '1.0 open errors',
    files: { 'data.txt': 'hellö' },
    says: [
      "open() can't be used with an empty filename",
      /^open\(\) can't be used with directories, path: ".*"$/,
      'stat DIR/nope.txt: no such file or directory',
      'hellö true 6',
      /^the "open" function is only available in the init stage \(i\.e\. the global scope\)/,
    ],
  },
  modules: {
    row: '1.0 module resolution',
    files: {
      'lib/shout.js':
        "import { mark } from './mark.js';\nexport const shout = (t) => t.toUpperCase() + mark;\nexport default shout;\n",
      'lib/mark.js': "export const mark = '!';\n",
      'lib/plain.js': "exports.name = 'plain';\nexports.one = 1;\n",
    },
    says: ['A! default,shout B! plain 1'],
  },
  'unknown-module': {
    row: '1.0 module resolution',
    exit: 107,
    logs: ['error: unknown modules ["k6/foo"] were tried to be loaded, but couldn\'t'],
  },
  'bare-module': {
    row: '1.0 module resolution',
    exit: 107,
    logs: [
      'error: The moduleSpecifier "lodash-of-nobody" couldn\'t be recognised as something k6 supports.',
    ],
  },
  'missing-module': {
    row: '1.0 module resolution',
    exit: 107,
    logs: ['error: The moduleSpecifier "./nope.js" couldn\'t be found on local disk.'],
  },
  'http-import': {
    row: '1.0 module resolution',
    exit: 107,
    logs: ['error: only supported schemes for imports are file and https'],
  },
  'missing-name': {
    row: '1.0 missing named imports, 0.11',
    says: ['true'],
  },
  'removed-module': {
    row: '1.0 module registry',
    exit: 107,
    logs: ['error: k6/timers'],
  },
  'renamed-module': {
    row: '1.0 module registry',
    says: ['function'],
    logs: ['warning: k6/websockets'],
  },
  typed: {
    row: '1.0 module resolution, TypeScript',
    samples: { 'checks{check:large}': [1, 1] },
  },
  'locked-require': {
    row: '1.0 module resolution, require after init',
    files: { 'late.js': 'exports.x = 1;\n' },
    says: [
      /the "?require"? function is only available in the init stage|was not previously resolved during initialization/,
    ],
  },
  grpc: {
    row: '1.5',
    says: ['function 0'],
  },
  browser: {
    row: '1.16',
    says: ['object'],
  },
  commonjs: {
    row: '1.0 module resolution, CommonJS',
    files: { 'helper.js': "exports.name = () => 'helper';\n" },
    says: ['helper', 'helper'],
  },
  'mixed-modules': {
    row: '1.0 globals, module in an ES module',
    exit: 107,
    logs: ['error: module'],
  },
};
