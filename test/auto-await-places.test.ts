import { expect, test } from 'vitest';
import { loadProgram } from '../src/script/load.ts';
import { project } from './script-project.ts';
import { realTrace, traceServer } from './support/auto-await.ts';

/** The stack of what a script's default function throws, in the user's files. */
async function stackOf(files: Record<string, string>, main = 'main.ts'): Promise<string[]> {
  const server = await traceServer();
  const dir = project(files);
  const run = await realTrace(main, dir, server);
  server.close();
  return (run.failures[0]?.stack ?? '').split('\n').map((line) => line.trim());
}

test.each([
  ['before it waited', ''],
  ['after it waited', "http.get(__ENV.BASE + 'x');"],
])('an error %s names every call of the script that led there', async (_when, wait) => {
  const stack = await stackOf({
    'main.ts': `import http from 'k6/http';
import { Api } from './lib/api.ts';
interface Pad { a: number }
const api = new Api();
const each = (fn: (n: number) => void) => [1].forEach((n) => fn(n));

export default function (): void {
  const pad: Pad = { a: 1 };
  each((n) => {
    const x = 'é日😀'; api.load(n + pad.a, x);
  });
  http.get('never');
}
`,
    'lib/api.ts': `import http from 'k6/http';
type N = number;

export class Api {
  load(n: N, _x: string): void {
    ${wait}
    if (n > 1) this.#fail(n);
    http.get(__ENV.BASE + 'never');
  }
  #fail(n: N): void {
    http.get(__ENV.BASE + 'y');
    throw new RangeError('n is ' + n);
  }
}
`,
  });
  expect(stack).toEqual([
    'at #fail (lib/api.ts:12:36)',
    'at load (lib/api.ts:7:27)',
    'at main.ts:10:27',
    'at main.ts:5:62',
    'at each (main.ts:5:47)',
    'at default (main.ts:9:3)',
  ]);
});

test.each([
  ['a method of undefined', 'const o: any = undefined; o.get(1);', '4:29'],
  [
    'a call of what is no function',
    "const o: any = {}; http.get(__ENV.BASE + 'a'); o.get(http.get('b'));",
    undefined,
  ],
  ['an unknown name', "http.get(__ENV.BASE + 'a'); missing();", '4:31'],
  [
    'a failed request that throws',
    "http.get(`${__ENV.BASE}a`); http.get('http://127.0.0.1:1/', { throw: true });",
    '4:36',
  ],
  ['fail()', "http.get(__ENV.BASE + 'a'); fail('no');", '4:31'],
])('%s is shown at its place', async (_what, code, at) => {
  const stack = await stackOf({
    'main.ts': `import http from 'k6/http';
import { fail } from 'k6';
export default function () {
  ${code}
  fail(String(http.get(__ENV.BASE + 'end').status));
}
`,
  });
  const place = stack.find((line) => line.includes('main.ts'));
  if (at === undefined) expect(place).toMatch(/^at default \(main\.ts:4/);
  else expect(place).toBe(`at default (main.ts:${at})`);
});

test('a script that imports nothing of k6 that blocks is not looked at', async () => {
  const dir = project({
    'main.ts': `import { http, check } from 'vurun';
import { Counter } from 'k6/metrics';
const c = new Counter('c');
export default async function () { c.add(1); check(await http.get('x'), {}) }`,
  });
  const { code } = await loadProgram('main.ts', dir);
  expect(code).not.toContain('cannot wait');
  expect(code).not.toContain('function*');
  expect(code).not.toContain('$vu');
});

test('says in the words of the script what is wrong with its imports', async () => {
  const dir = project({
    'main.ts': `import http, { fetch } from 'k6/http';
import { sleepy } from 'k6';
export default function () { http.get('x'); fetch(); sleepy() }`,
  });
  await expect(loadProgram('main.ts', dir)).rejects.toThrow(
    /main\.ts:1:16: 'k6\/http' does not export 'fetch'[\s\S]*main\.ts:2:10: 'k6' does not export 'sleepy'/,
  );
});
