/**
 * The conformance suite: k6 scripts with what k6 does with them. To add one, put the script into a folder of
 * `test/conformance/` and its expectation, written from k6's documented behaviour, into `expected.ts` there.
 * With K6_BIN naming a k6 binary, each script runs under k6 too, and both traces are compared.
 */
import { execFileSync } from 'node:child_process';
import { chmodSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { allCases, autoAwaitCases, type NamedCase } from './conformance/case.ts';
import { chapters, chaptersOf } from './conformance/chapters.ts';
import { type Difference, differences } from './conformance/differences.ts';
import { closeHouses } from './conformance/houses.ts';
import { against, between, explain, explainBeside, lineKey } from './conformance/judge.ts';
import { type Trace, traceOf } from './conformance/trace.ts';
import { folder } from './support/cli.ts';

const dir = folder({});
execFileSync(
  'openssl',
  'req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout key -out crt -days 2 -subj /CN=peer -addext subjectAltName=IP:127.0.0.1'.split(
    ' ',
  ),
  { cwd: dir, stdio: 'ignore' },
);
const tls = {
  key: readFileSync(join(dir, 'key'), 'utf8'),
  cert: readFileSync(join(dir, 'crt'), 'utf8'),
};

const cases = await allCases();
const k6 = process.env['K6_BIN'];
const ran = new Set<string>();
const used = new Set<string>();
const explained = new Set<string>();

/** How vurun differs from what k6 is described to do and, with a binary, from what it does. */
async function differencesOf(one: NamedCase, binary: string | undefined): Promise<string[]> {
  const run = await traceOf(one, { tls });
  ran.add(one.name);
  const described = explain(one.name, against(one, run));
  for (const line of described.used) used.add(line);
  note(one, described.rows);
  if (binary === undefined) return described.unexplained;
  const beside = await traceOf(one, { tls, k6: binary });
  return [
    ...described.unexplained,
    ...compared(one, beside, run),
    // An expectation that k6 itself does not meet is wrong, whatever vurun does.
    ...against(one, beside).map((line) => `k6 itself: ${line}`),
  ];
}

/** What no row explains of how two runs differ. */
function compared(one: NamedCase, beside: Trace, run: Trace): string[] {
  const { unexplained, rows } = explainBeside(one.name, between(one, beside, run));
  note(one, rows);
  return unexplained.map((line) => `beside k6: ${line}`);
}

function note(one: NamedCase, rows: ReadonlySet<Difference>): void {
  for (const row of rows) explained.add(`${one.name}: ${row.reason}`);
}

test('every chapter of the description has scripts, or a reason to have none', () => {
  const named = new Set(cases.flatMap(({ row }) => chaptersOf(row)));
  const scripted = Object.keys(chapters).filter((chapter) => chapters[chapter] === true);
  expect([...named].sort()).toEqual(scripted.sort());
});

describe.concurrent('as in k6', () => {
  test.each(cases)('$name', async (one) => {
    expect(await differencesOf(one, k6)).toEqual([]);
  });
});

const onlyWithK6 = { concurrent: true, skip: k6 === undefined };
describe('the scripts of auto-await beside k6', onlyWithK6, () => {
  test.each(autoAwaitCases())('$name', async (one) => {
    const [beside, run] = await Promise.all([
      traceOf(one, { tls, k6: k6 as string }),
      traceOf(one, { tls }),
    ]);
    expect(compared(one, beside, run)).toEqual([]);
  });
});

describe('beside a k6 binary', () => {
  // There is no k6 here: a program plays it for one script.
  const fake = folder({
    k6: `#!${process.execPath}\n${readFileSync(join(import.meta.dirname, 'conformance/fake-k6.cjs'), 'utf8')}`,
    'played.js': `import http from 'k6/http';
export default function () {
  const res = http.get(__ENV.HTTP + '/played');
  console.log('status', res.status);
  throw new Error('the end');
}
`,
  });
  chmodSync(join(fake, 'k6'), 0o755);
  const one: NamedCase = {
    name: 'beside/played',
    script: join(fake, 'played.js'),
    row: 'the comparison itself',
    requests: ['GET /played'],
    says: ['status 200'],
    logs: ['error: Error: the end'],
  };
  const lying: NamedCase = { ...one, env: { LIE: '1' } };

  test('traces that are the same but for times and the known are no difference', async () => {
    expect(await differencesOf(one, join(fake, 'k6'))).toEqual([]);
    expect([...explained]).toContain(
      'beside/played: an exception in an iteration counts: vurun has a metric for it, k6 only logs',
    );
  });

  test('every difference is told, and what k6 itself does otherwise than expected', async () => {
    const tags =
      'expected_response=true group= method=GET name=http://HOST/played proto=HTTP/1.1 scenario=default status=200 url=http://HOST/played';
    expect(await differencesOf(lying, join(fake, 'k6'))).toEqual([
      'beside k6: - exit 99',
      'beside k6: + exit 0',
      'beside k6: - request GET /played',
      'beside k6: + log error: Error: the end',
      `beside k6: - series http_reqs{${tags}} 1 = 2`,
      `beside k6: + series http_reqs{${tags}} 1 = 1`,
      'k6 itself: - exit 0',
      'k6 itself: + exit 99',
      'k6 itself: + request GET /played',
      'k6 itself: - log error: Error: the end',
    ]);
  });

  test('what the table says of a script explains whole texts of the same kind', async () => {
    const [k6Trace, trace] = await Promise.all([
      traceOf(lying, { tls, k6: join(fake, 'k6') }),
      traceOf(lying, { tls }),
    ]);
    const table = [
      { script: one.name, reason: 'for the test', lines: ['- log error: something', '- exit 1'] },
      { script: '*', reason: 'for all', lines: [/^[-+] series/, /^- request/] },
    ];
    expect(explainBeside(one.name, between(one, k6Trace, trace), table).unexplained).toEqual([]);
  });
});

describe('the table of differences', () => {
  test('has no line that explains nothing', ({ skip }) => {
    // After a part of the suite nothing can be said.
    if (ran.size < cases.length) skip();
    const stale = differences
      .filter((row) => row.onlyWithK6 === undefined)
      .flatMap((row) => row.lines.map((line) => ({ row, key: lineKey(row, line) })))
      .filter(({ key }) => !used.has(key));
    expect(stale.map(({ key }) => key)).toEqual([]);
  });

  afterAll(() => {
    closeHouses();
    console.log(
      `${cases.length} scripts; known differences from k6:\n  ${[...explained].sort().join('\n  ')}`,
    );
  });
});
