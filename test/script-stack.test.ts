import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { loadProgram } from '../src/script/load.ts';
import { createStackMapper } from '../src/script/stack.ts';
import { evaluate } from './script-engine.ts';
import { project } from './script-project.ts';

/** Runs `main.ts`, whose code leaves a stack in `globalThis.seen`, and gives mapper and stack. */
async function stackOf(files: Record<string, string>, main = 'main.ts') {
  const dir = project(files);
  const program = await loadProgram(main, dir);
  const raw = await evaluate(program.code, 'seen');
  const mapper = createStackMapper(program, dir);
  return { raw, mapper, mapped: mapper.map(raw), dir, program };
}

/** A module that throws by `code` in a function two calls deep. */
function throwing(code: string): string {
  return `// é日😀
interface Pad { a: number }
export function inner(o: any): unknown {
  const pad: Pad = { a: 1 };
  ${code}
  return pad;
}
try { inner(undefined) } catch (e) { globalThis.seen = (e as Error).stack }
export default function () {}
`;
}

describe('a stack of the engine', () => {
  test.each([
    ["throw new Error('x')", '5:13'],
    ["const é = '日本語😀', s = 1; throw new Error(é + s)", '5:49'],
    ['String(1); o()', '5:14'],
    ['String(1); JSON.parse("{")', '5:19'],
    ['undefinedThing()', '5:3'],
  ])('names line and column of a call in %s', async (code, at) => {
    const { mapped } = await stackOf({ 'main.ts': throwing(code) });
    expect(mapped.split('\n').filter((line) => line.includes('inner'))).toEqual([
      `    at inner (main.ts:${at})`,
    ]);
  });

  test('names the line of the function when the engine knows no more', async () => {
    const { mapped } = await stackOf({ 'main.ts': throwing('return o.p') });
    expect(mapped).toContain('    at inner (main.ts:3)');
  });

  test('shows only frames of the user, in files relative to the working directory', async () => {
    const { mapped, raw } = await stackOf({
      'main.ts': `import { each } from './lib/each';
export function run() { return each((n) => { throw new RangeError('n' + n) }) }
try { run() } catch (e) { globalThis.seen = (e as Error).stack }
export default () => {};
`,
      'lib/each.ts': `type F = (n: number) => void;

export const each = (f: F) => [1, 2].map((n) => f(n));
`,
    });
    expect(raw).toContain('<eval>');
    expect(mapped.trimEnd().split('\n')).toEqual([
      '    at main.ts:2:73',
      '    at lib/each.ts:3:51',
      '    at map (native)',
      '    at each (lib/each.ts:3:38)',
      '    at run (main.ts:2:32)',
      '    at main.ts:3:7',
    ]);
  });

  test('calls the default export by its name and methods by theirs', async () => {
    const { mapped } = await stackOf({
      'my-test.ts': `class Api { login() { fail() } }
function fail() { globalThis.seen = new Error('x').stack }
export default function () { new Api().login() }
globalThis.go = Object.keys;
`,
      'main.ts': `import run from './my-test'; run(); export default run;`,
    });
    expect(mapped.trimEnd().split('\n')).toEqual([
      '    at fail (my-test.ts:2:41)',
      '    at login (my-test.ts:1:23)',
      '    at default (my-test.ts:3:40)',
      '    at main.ts:1:30',
    ]);
  });

  test('leaves out frames of the runtime and what they called', async () => {
    const { program, dir } = await stackOf({ 'main.ts': throwing('throw 1') });
    const lines = program.code.split('\n');
    const line = lines.findIndex((text) => text.includes('function start(')) + 1;
    const mapper = createStackMapper(program, dir);
    expect(
      mapper.map(
        `    at parse (native)\n    at start (vurun:bundle:${line}:3)\n    at <eval> (vurun:bundle:1:1)\n`,
      ),
    ).toBe('');
    expect(mapper.firstUserFrame(`    at start (vurun:bundle:${line}:3)`)).toBeUndefined();
  });

  test('gives the first frame of the user', async () => {
    const { mapper, raw } = await stackOf({ 'main.ts': throwing('JSON.parse("{")') });
    expect(mapper.firstUserFrame(raw)).toBe('main.ts:5:8');
    expect(mapper.firstUserFrame('')).toBeUndefined();
  });

  test('has places inside of other text replaced too', async () => {
    const { mapper, program } = await stackOf({ 'main.ts': throwing("throw new Error('marked')") });
    const lines = program.code.split('\n');
    const line = lines.findIndex((text) => text.includes('marked')) + 1;
    const column = (lines[line - 1] as string).indexOf('Error') + 1;
    expect(mapper.map(`aborted at vurun:bundle:${line}:${column}, sorry`)).toBe(
      'aborted at main.ts:5:13, sorry',
    );
    expect(mapper.map('Error: no place\n    at nowhere')).toBe('Error: no place\n    at nowhere');
  });

  test('shows absolute paths for files far from the working directory', async () => {
    const { program, raw, dir } = await stackOf({ 'main.ts': throwing("throw new Error('x')") });
    expect(createStackMapper(program, join(dir, 'a/b/c')).map(raw)).toContain(
      `inner (${join(dir, 'main.ts')}:5:13)`,
    );
    expect(createStackMapper(program, join(dir, 'a')).map(raw)).toContain(
      'inner (../main.ts:5:13)',
    );
  });
});
