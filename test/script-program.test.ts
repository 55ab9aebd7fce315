import { mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { UserError } from '../src/errors.ts';
import { guestModules } from '../src/script/bundle.ts';
import { loadProgram } from '../src/script/load.ts';
import { bracketDepth, withoutSourceMap } from '../src/script/source.ts';
import { evaluate } from './script-engine.ts';
import { project } from './script-project.ts';

/** Runs a project's main file and gives what it left in `globalThis.seen`, as JSON. */
async function seen(files: Record<string, string | Uint8Array>, main = 'main.ts') {
  const program = await loadProgram(main, project(files));
  const text = await evaluate(program.code, 'JSON.stringify(globalThis.seen)');
  return JSON.parse(text) as unknown;
}

async function refusal(files: Record<string, string | Uint8Array>, main = 'main.ts') {
  const dir = project(files);
  return failureOf(main, dir);
}

async function failureOf(main: string, dir: string, stdin?: AsyncIterable<string>) {
  const thrown = await loadProgram(main, dir, stdin).then(
    () => undefined,
    (error: unknown) => error,
  );
  expect(thrown).toBeInstanceOf(UserError);
  const { exitCode, message, hint } = thrown as UserError;
  return { exitCode, message: message.replaceAll(dir, 'DIR'), hint };
}

const ends = 'export default function () {}\n';

describe('a program', () => {
  test.each([
    ['looks at no keys', `console.log(http.get('http://x/').status);`, [false, false, false]],
    ['copies a response', `console.log({ ...http.get('http://x/') });`, [true, false, false]],
    ['hands its client on', `globalThis.load?.(http);`, [false, true, false]],
    ['streams a blob', `new Blob([]).stream();`, [false, false, true]],
  ])('that %s holds what that needs', async (_what, statement, wanted) => {
    const dir = project({
      'main.ts': `import http from 'k6/http';
export default function () { ${statement} }`,
    });
    const { code } = await loadProgram('main.ts', dir);
    const parts = ['/http-fields.', 'no argument was provided to http.batch', '/streams.'];
    expect(parts.map((part) => code.includes(part))).toEqual(wanted);
    // The contract's tables are not in it, their numbers are.
    expect(code).not.toMatch(/\bOp\b/);
  });

  test('holds the script, what it imports, and the names of its exports', async () => {
    const dir = project({
      'main.ts': `import { twice } from './lib/math.ts';
export const options = { vus: twice(2) };
export function setup(): void {}
export * from './lib/more.js';
export default function (): number { return twice(21); }`,
      'lib/math.ts': 'export const twice = (n: number): number => 2 * n;',
      'lib/more.js': 'export function login() {}',
    });
    const program = await loadProgram('main.ts', dir);
    expect([...program.exportNames].sort()).toEqual(['default', 'login', 'options', 'setup']);
    expect(program.scriptPath).toBe(join(dir, 'main.ts'));
    expect(program.scriptDir).toBe(dir);
    expect(program.warnings).toEqual([]);
    const told = JSON.parse(await evaluate(program.code, 'told.at(-1)[0]')) as {
      functions: string[];
      optionsJson: string;
    };
    expect(told.functions.sort()).toEqual(['default', 'login', 'setup']);
    expect(told.optionsJson).toBe('{"vus":4}');
  });

  test('finds local modules with and without their extension', async () => {
    const value = await seen({
      'main.ts': `import a from './a'; import b from './b.js'; import c from './c'; import d from './d.cjs';
import e from './e.mts'; import f from './dir'; globalThis.seen = [a, b, c, d.d, e, f]; ${ends}`,
      'a.ts': 'export default 1 as number',
      'b.js': 'export default 2',
      'c.mjs': 'export default 3',
      'd.cjs': 'module.exports = { d: 4 }',
      'e.mts': 'export default 5 as number',
      'dir/index.ts': 'export default 6',
    });
    expect(value).toEqual([1, 2, 3, 4, 5, 6]);
  });

  test('takes JSON, text and bytes as modules', async () => {
    const value = await seen({
      'main.ts': `import users, { first } from './users.json'; import csv from './data.csv';
import bytes from './raw.bin' with { type: 'bytes' }; import page from './x.tpl' with { type: 'text' };
globalThis.seen = [users.all, first, csv, [...bytes], page]; ${ends}`,
      'users.json': '{"first":"Ada","all":[1,2]}',
      'data.csv': 'a;b\n`${1}`',
      'raw.bin': new Uint8Array([0, 255, 7]),
      'x.tpl': '<é>',
    });
    expect(value).toEqual([[1, 2], 'Ada', 'a;b\n`${1}`', [0, 255, 7], '<é>']);
  });

  test('takes plain JavaScript packages from node_modules, in their browser form', async () => {
    const value = await seen({
      'main.ts': `import plain from 'plain'; import { kind } from '@scope/both'; import events from 'events';
globalThis.seen = [plain.name, plain.fs, kind, events]; ${ends}`,
      'node_modules/plain/package.json': '{"main":"lib/index","browser":{"fs":false}}',
      'node_modules/plain/lib/index.js':
        'const fs = require("fs"); exports.name = "plain"; exports.fs = Object.keys(fs).length;',
      'node_modules/@scope/both/package.json':
        '{"exports":{".":{"node":"./node.js","browser":"./web.js","default":"./other.js"}}}',
      'node_modules/@scope/both/web.js': 'export const kind = process.env.NODE_ENV;',
      'node_modules/@scope/both/node.js': 'import "node:fs"; export const kind = "node"',
      'node_modules/events/package.json': '{"main":"index.js"}',
      'node_modules/events/index.js': 'module.exports = "a package, not the built-in"',
    });
    expect(value).toEqual(['plain', 0, 'production', 'a package, not the built-in']);
  });

  test('runs a CommonJS script by what module.exports holds', async () => {
    const dir = project({
      'a.cjs': 'exports.options = { vus: 3 }; exports.default = () => {}; exports.setup = () => {}',
      'b.js': 'module.exports = function () {}; module.exports.options = { vus: 4 }',
    });
    const a = await loadProgram('a.cjs', dir);
    expect(JSON.parse(await evaluate(a.code, 'told.at(-1)[0]'))).toEqual({
      functions: ['default', 'setup'],
      optionsJson: '{"vus":3}',
    });
    const b = await loadProgram('b.js', dir);
    expect(JSON.parse(await evaluate(b.code, 'told.at(-1)[0]'))).toEqual({
      functions: ['default'],
      optionsJson: '{"vus":4}',
    });
  });

  test('comes from standard input as -', async () => {
    const dir = project({ 'lib.ts': 'export const n: number = 5' });
    async function* stdin() {
      yield 'import { n } from "./lib"; globalThis.seen = n as number;';
      yield ends;
    }
    const program = await loadProgram('-', dir, stdin());
    expect(program.scriptDir).toBe(dir);
    expect(program.exportNames).toEqual(['default']);
    expect(await evaluate(program.code, 'seen')).toBe('5');
  });

  test('pays no heed to a tsconfig or to source maps beside the script', async () => {
    const dir = project({
      'main.ts': `import x from '#lib/x'; ${ends}`,
      'tsconfig.json': '{"compilerOptions":{"paths":{"#lib/*":["./lib/*"]}},"extends":"./secret"}',
      'lib/x.ts': 'export default 1; globalThis.y = x',
      'ok.js': `throw new Error('x')\n//# sourceMappingURL=secret.txt\n${ends}`,
      'secret.txt': 'a secret',
    });
    expect((await loadProgram('ok.js', dir)).sourceMap).not.toContain('secret');
    expect((await loadProgram('ok.js', dir)).warnings).toEqual([]);
  });

  test('names its own sources by absolute path and the runtime by a prefix', async () => {
    const dir = project({ 'main.ts': `globalThis.x = 1; ${ends}` });
    const { sources } = JSON.parse((await loadProgram('main.ts', dir)).sourceMap) as {
      sources: string[];
    };
    expect(sources).toContain(join(dir, 'main.ts'));
    expect(sources.some((source) => source.startsWith('vurun:runtime/bootstrap'))).toBe(true);
    expect(
      sources.every((source) => source.startsWith('vurun:runtime/') || source.startsWith(dir)),
    ).toBe(true);
  });
});

describe('a script that cannot be had', () => {
  test.each([
    [
      'missing.ts',
      "cannot find the script 'missing.ts': there is no file DIR/missing.ts",
      undefined,
    ],
    [
      'login.js',
      "cannot find the script 'login.js': there is no file DIR/login.js",
      'did you mean login.ts?',
    ],
    [
      'logni.ts',
      "cannot find the script 'logni.ts': there is no file DIR/logni.ts",
      'did you mean login.ts?',
    ],
    [
      'no/where.ts',
      "cannot find the script 'no/where.ts': there is no file DIR/no/where.ts",
      undefined,
    ],
    ['folder', "'folder' is a directory", 'name the script itself, for example folder/script.ts'],
    ['empty.ts', "the script 'empty.ts' is empty", undefined],
    ['binary.ts', "the script 'binary.ts' is not text in UTF-8", undefined],
    ['latin1.ts', "the script 'latin1.ts' is not text in UTF-8", undefined],
    [
      'page.html',
      "'page.html' is not a script: its name should end in .ts, .mts, .cts, .js, .mjs, .cjs",
      undefined,
    ],
    [
      'silent.ts',
      "no exported functions in script 'silent.ts'",
      'write `export default function () { … }`: this function is what a VU runs',
    ],
  ])('%s exits 255 and says why', async (main, message, hint) => {
    const files = {
      'login.ts': ends,
      'folder/x.ts': ends,
      'empty.ts': ' \n',
      'binary.ts': new Uint8Array([0x7f, 0x45, 0, 1]),
      'latin1.ts': new Uint8Array([0x27, 0xe9, 0x27]),
      'page.html': '<p>',
      'silent.ts': 'console.log(1)',
    };
    expect(await refusal(files, main)).toEqual({ exitCode: 255, message, hint });
  });
});

describe('a script that cannot be compiled', () => {
  test('is shown with file, line, column, the line itself and a caret', async () => {
    expect(
      await refusal({
        'main.ts': `export default function () {\n  const é = '日' ;; let x = ;\n}`,
      }),
    ).toEqual({
      exitCode: 107,
      message: `main.ts:2:28: Unexpected ";"
      const é = '日' ;; let x = ;
                               ^`,
      hint: undefined,
    });
  });

  test('has the mistakes of all its files told at once', async () => {
    const { message } = await refusal({
      'main.ts': `import './a'; import './b.json'; ${ends}`,
      'a.ts': 'let a b',
      'b.json': '{"a":}',
    });
    expect(message).toContain('a.ts:1:7: Expected ";" but found "b" (imported by main.ts)');
    expect(message).toContain('b.json:1:6: Unexpected "}" in JSON (imported by main.ts)');
  });

  test('shows only a window of a long line', async () => {
    const { message } = await refusal(
      { 'main.js': `${'a();'.repeat(5_000)} let x = ; ${ends}` },
      'main.js',
    );
    expect(message).toContain('main.js:1:20010: Unexpected ";"');
    expect(message.length).toBeLessThan(500);
  });

  test('is told about brackets that are nested too deep, before the bundler meets them', async () => {
    const { exitCode, message } = await refusal(
      { 'main.js': `x = ${'['.repeat(200_000)}` },
      'main.js',
    );
    expect(exitCode).toBe(107);
    expect(message).toContain('brackets are nested deeper than 2000');
  });
});

describe('an import a VU cannot have', () => {
  const cases: [source: string, message: string][] = [
    [
      `import x from 'fs'`,
      "'fs' is a module of Node, and there is no Node inside a VU; use open() in the init context, or import a .json or text file",
    ],
    [
      `import x from 'node:fs/promises'`,
      "'node:fs/promises' is a module of Node, and there is no Node inside a VU; use open() in the init context, or import a .json or text file",
    ],
    [
      `import x from 'http'`,
      "'http' is a module of Node, and there is no Node inside a VU; use 'vurun/http'",
    ],
    [
      `import x from 'node:crypto'`,
      "'node:crypto' is a module of Node, and there is no Node inside a VU; use 'vurun/crypto' (hash, hmac), or the global crypto (crypto.subtle, crypto.randomUUID())",
    ],
    [
      `import x from 'timers'`,
      "'timers' is a module of Node, and there is no Node inside a VU; use the global setTimeout(), or sleep() from 'vurun'",
    ],
    [
      `import x from 'url'`,
      "'url' is a module of Node, and there is no Node inside a VU; use the globals URL and URLSearchParams",
    ],
    [
      `import x from 'events'`,
      "'events' is a module of Node, and there is no Node inside a VU; use the global EventTarget",
    ],
    [
      `import x from 'node:child_process'`,
      "'node:child_process' is a module of Node, and there is no Node inside a VU",
    ],
    [
      `import x from 'ws'`,
      "'ws' opens sockets by itself, which a VU cannot; use 'vurun/websocket'",
    ],
    [
      `import x from 'axios'`,
      "'axios' opens sockets by itself, which a VU cannot; use 'vurun/http'",
    ],
    [`import x from 'k6/browser'`, "'k6/browser': vurun does not have this module of k6 yet"],
    [`import x from 'k6/net/grpc'`, "'k6/net/grpc': vurun does not have this module of k6 yet"],
    [
      `import x from 'k6/experimental/timers'`,
      "'k6/experimental/timers': k6 has removed this module; import 'k6/timers', or use the global setTimeout()",
    ],
    [
      `import x from 'k6/experimental/redis'`,
      "'k6/experimental/redis': k6 has removed this module; it is an extension now, and vurun has no extensions",
    ],
    [
      `import x from 'k6/x/sql'`,
      "'k6/x/sql' is an extension of k6's, written in Go, which vurun cannot load",
    ],
    [`import x from 'k6/htp'`, "'k6/htp' is no module of k6's, nor of vurun's"],
    [
      `import x from 'data:text/javascript,1'`,
      "'data:text/javascript,1': a script can import files and packages, not 'data:'",
    ],
    [`import x from './halper'`, "cannot find './halper' (did you mean 'helper'?)"],
    [`import x from '../../..'`, "cannot find '../../..'"],
    [
      `import x from 'lodash/fp'`,
      "cannot find the package 'lodash'; install it beside the script, or write './lodash/fp' for a file of your own",
    ],
    [
      `import x from '@a/b/c'`,
      "cannot find the package '@a/b'; install it beside the script, or write './@a/b/c' for a file of your own",
    ],
    [
      `import x from './addon.node'`,
      "'./addon.node' is native code, and there is no Node inside a VU to load it",
    ],
    [
      `import x from './image.png'`,
      "vurun cannot import a '.png' file; read it with open(), or import it with { type: 'text' }",
    ],
    [
      `import x from './helper.ts?raw'`,
      "'./helper.ts?raw': '?raw' means nothing here; name the file alone",
    ],
    [
      `import x from './helper.ts' with { type: 'wasm' }`,
      "'wasm' is no type of import; vurun has json, text and bytes",
    ],
    [`import x from './nul.txt'`, 'nul.txt is not text'],
  ];
  test.each(cases)('%s', async (source, message) => {
    const refused = await refusal({
      'main.ts': `${source};\nglobalThis.seen = x;\n${ends}`,
      'helper.ts': 'export default 1',
      'addon.node': 'x',
      'image.png': 'x',
      'nul.txt': 'a\0b',
    });
    expect(refused.exitCode).toBe(107);
    const start = source.indexOf("'") + 1;
    expect(refused.message.split('\n')[0]).toBe(`main.ts:1:${start}: ${message}`);
  });

  test('says which modules there are when one of vurun is misspelled', async () => {
    const { message } = await refusal({ 'main.ts': `import 'vurun/metrix'; ${ends}` });
    expect(message.split('\n')[0]).toBe(
      "main.ts:1:8: there is no 'vurun/metrix' (did you mean 'vurun/metrics'?); vurun has vurun, vurun/backoff, vurun/crypto, vurun/data, vurun/encoding, vurun/execution, vurun/html, vurun/http, vurun/ivr, vurun/limits, vurun/load, vurun/messaging, vurun/metrics, vurun/oauth, vurun/pacing, vurun/secrets, vurun/session, vurun/timers, vurun/websocket, vurun/ws",
    );
  });

  test('is told with all others at once, and with who imported it', async () => {
    const { message } = await refusal({
      'main.ts': `import 'node:os';\nimport './lib/a';\nimport 'deep';\n${ends}`,
      'lib/a.ts': `import './b';`,
      'lib/b.ts': `import 'k6/browser';`,
      'node_modules/deep/package.json': '{"main":"index.js"}',
      'node_modules/deep/index.js': 'const net = require("net"); exports.a = 1',
    });
    const problems = message.split('\n').filter((line) => /^\S+:\d+:\d+:/.test(line));
    expect(problems).toEqual([
      "lib/b.ts:1:8: 'k6/browser': vurun does not have this module of k6 yet (imported by main.ts → lib/a.ts)",
      "main.ts:1:8: 'node:os' is a module of Node, and there is no Node inside a VU; use __ENV, or exec from 'vurun/execution'",
      "node_modules/deep/index.js:1:21: 'net' is a module of Node, and there is no Node inside a VU; use 'vurun/http' or 'vurun/websocket'; raw sockets are not offered (imported by main.ts)",
    ]);
  });

  test('lies outside of the project, by whatever way it is reached', async () => {
    const dir = project({
      'secret.txt': 'secret',
      'secret.json': '{"secret":1}',
      'app/main.ts': `import a from '../secret.txt'; import b from './link.txt'; import c from '../secret.json';
import d from '${'file://'}DIR/secret.txt'; import e from './e.js'; globalThis.seen = [a, b, c, d, e];
export default async (n) => [await import(\`./\${n}.txt\`), require('./' + n + '.json')]`,
      'app/e.js': 'export default require("../secret.txt")',
      'app/fine.txt': 'fine',
      'app/fine.json': '{}',
    });
    symlinkSync(join(dir, 'secret.txt'), join(dir, 'app/link.txt'));
    const { message } = await failureOf('main.ts', join(dir, 'app'));
    expect(message).not.toContain('{"secret"');
    const problems = message
      .split('\n')
      .filter((line) => / lies outside of the project | has to be plain text/.test(line));
    expect(problems.length).toBeGreaterThanOrEqual(6);
  });

  test('may lie beside the script when vurun runs in a directory that holds both', async () => {
    const dir = project({
      'shared/data.txt': 'shared',
      'tests/main.ts': `import x from '../shared/data.txt'; globalThis.seen = x; ${ends}`,
    });
    const program = await loadProgram('tests/main.ts', dir);
    expect(await evaluate(program.code, 'seen')).toBe('shared');
    mkdirSync(join(dir, '.git'));
    const inside = await loadProgram('main.ts', join(dir, 'tests'));
    expect(await evaluate(inside.code, 'seen')).toBe('shared');
  });
});

test('outside of a VU every name of a guest module leads to one sentence', async () => {
  const source = readFileSync(new URL('../src/outside-vu.ts', import.meta.url), 'utf8');
  const there = [...source.matchAll(/absent as (\w+)/g)].map((match) => match[1]);
  const modules = Object.keys(guestModules);
  const script = (module: string) => `export * from '${module}'; ${ends}`;
  const dir = project(
    Object.fromEntries(modules.map((module, index) => [`${index}.ts`, script(module)])),
  );
  for (const index of modules.keys()) {
    const { exportNames } = await loadProgram(`${index}.ts`, dir);
    expect(there, modules[index]).toEqual(expect.arrayContaining([...exportNames]));
  }
  await expect(import('../src/outside-vu.ts')).rejects.toThrow(
    "the modules of 'vurun' work only inside a virtual user: run this file with `vurun run <script>`, not with node",
  );
});

describe('brackets', () => {
  test.each([
    ['f(a[{b}])', 3],
    ['"(((" + \'[[[\' + `(((`', 0],
    ['// (((\n/* ((( */ f()', 1],
    ['`${f([`${g({})}`])}`', 6],
    ["'it\\'s (' + x", 0],
    [')))]]}((', 2],
    ['{"a":"\\"(((","b":[1]}', 2],
  ])('of %s are nested %i deep', (text, depth) => {
    expect(bracketDepth(text, 100)).toBe(depth);
  });

  test('are not counted further once there are too many', () => {
    expect(bracketDepth('('.repeat(1_000_000), 10)).toBe(11);
  });
});

test('pointers to source maps lose their meaning and nothing else moves', () => {
  const text = 'a() //# sourceMappingURL=x.map\n/*@ sourceMappingURL=y */ b()';
  expect(withoutSourceMap(text)).toBe(
    'a() //# sourceMappingOff=x.map\n/*@ sourceMappingOff=y */ b()',
  );
});
