/**
 * The conformance suite: k6 scripts with what k6 does with them. To add one, put the script into a folder of
 * `test/conformance/` and its expectation, written from k6's documented behaviour, into `expected.ts` there.
 * With K6_BIN naming a k6 binary, each script runs under k6 too, and both traces are compared.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { allCases, type NamedCase } from './conformance/case.ts';
import { differences } from './conformance/differences.ts';
import { closeHouses } from './conformance/houses.ts';
import { against, between, explain, explainBeside, lineKey } from './conformance/judge.ts';
import { traceOf } from './conformance/trace.ts';
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

/** The differences of vurun from what k6 is described to do and, with a binary, from what it does. */
async function differencesOf(one: NamedCase, binary: string | undefined): Promise<string[]> {
  const run = await traceOf(one, { tls });
  ran.add(one.name);
  const described = explain(one.name, against(one, run));
  for (const line of described.used) used.add(line);
  const rows = new Set(described.rows);
  const unexplained = described.unexplained;
  if (binary !== undefined) {
    const beside = await traceOf(one, { tls, k6: binary });
    const seen = explainBeside(one.name, between(one, beside, run));
    for (const row of seen.rows) rows.add(row);
    // An expectation that k6 itself does not meet is wrong, whatever vurun does.
    const wrong = against(one, beside).map((line) => `k6 itself: ${line}`);
    unexplained.push(...seen.unexplained.map((line) => `beside k6: ${line}`), ...wrong);
  }
  for (const row of rows) explained.add(`${one.name}: ${row.reason}`);
  return unexplained;
}

describe.concurrent('as in k6', () => {
  test.each(cases)('$name', async (one) => {
    expect(await differencesOf(one, k6)).toEqual([]);
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
    const mended = stale.filter(({ row }) => row.awaiting);
    if (mended.length > 0) {
      console.log(
        `Mended, so that their lines may go:\n  ${mended.map(({ key }) => key).join('\n  ')}`,
      );
    }
    expect(stale.filter(({ row }) => !row.awaiting).map(({ key }) => key)).toEqual([]);
  });

  afterAll(() => {
    closeHouses();
    console.log(
      `${cases.length} scripts; known differences from k6:\n  ${[...explained].sort().join('\n  ')}`,
    );
  });
});
