/** Which functions of k6's modules wait, and which call functions of the script that may. */

/**
 * - `waits`: it waits itself.
 * - `calls`: it calls its second argument, and waits when that does.
 * - `judges`: it calls the functions in its second argument.
 * - `connects`: it waits, and calls its last argument with an object whose methods are `socketMethods`.
 */
export type Role = 'waits' | 'calls' | 'judges' | 'connects';

/** The module that compiled code imports its helpers from. */
export const helpersModule = 'vurun:compiled';

/** By module and export. Members of a module's default export are the same. */
export const waiting: Readonly<Record<string, Readonly<Record<string, Role>>>> = {
  k6: { check: 'judges', group: 'calls', sleep: 'waits' },
  'k6/http': {
    batch: 'waits',
    del: 'waits',
    get: 'waits',
    head: 'waits',
    options: 'waits',
    patch: 'waits',
    post: 'waits',
    put: 'waits',
    request: 'waits',
  },
  'k6/ws': { connect: 'connects' },
};

/** Methods of the socket of `k6/ws`. Handlers of its closing run inside of `close`. */
export const socketMethods: Readonly<Record<string, Role>> = { close: 'waits' };
/** Methods of what a module's functions return, by module: they are known by their names alone. */
export const waitingMethods: Readonly<Record<string, readonly string[]>> = {
  'k6/http': ['clickLink', 'submitForm'],
};

/**
 * Names of built-in methods that call what they are given and that the runtime can pause in the middle
 * (`runtime/k6/natives.ts`), by the group they are made pausable in.
 */
export const pausable: Readonly<Record<string, readonly string[]>> = {
  arrays: [
    'every',
    'filter',
    'find',
    'findIndex',
    'findLast',
    'findLastIndex',
    'flatMap',
    'forEach',
    'from',
    'map',
    'reduce',
    'reduceRight',
    'some',
    'sort',
    'toSorted',
  ],
  functions: ['apply', 'bind', 'call', 'construct'],
  // Of `k6/html`: `runtime/k6/html-callbacks.ts`. Its `filter` and `map` stand with the arrays'.
  selections: ['each', 'is', 'not'],
  texts: ['replace', 'replaceAll'],
};

/** Built-in functions that call what they are given and cannot be paused: what to write instead. */
export const unpausable: Readonly<Record<string, string>> = {
  'JSON.parse': 'parse first, then walk through the result in a loop',
  'JSON.stringify': 'make the values first, then stringify them',
  'Map.groupBy': 'group in a for loop',
  'Object.groupBy': 'group in a for loop',
};
